"""What the int8 file says of itself."""

from pathlib import Path

import onnx
from training.int8 import describe

from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.own import self_described


def test_a_quantised_file_describes_itself_as_the_one_that_it_was_made_of(tmp_path: Path) -> None:
    weights, quantized = WEIGHTS_IN_PACKAGE / EMBEDDED.file, tmp_path / EMBEDDED.file
    model = onnx.load(weights)
    del model.metadata_props[:]
    onnx.save(model, quantized)

    describe(quantized, weights)

    metadata = {item.key: item.value for item in onnx.load(quantized).metadata_props}
    found = self_described(quantized, metadata)
    assert found is not None
    assert (found.precision, found.size, found.fast_size) == (
        "int8",
        EMBEDDED.size,
        EMBEDDED.fast_size,
    )
