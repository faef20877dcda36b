"""The networks as files that a GPU can be given: any number of images, in fp32 or fp16."""

from dataclasses import replace
from pathlib import Path

import onnx
from benchmarks.precision.files import halve, place_for

from cutoutd.segmentation.graphs import pruned
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec
from cutoutd.segmentation.published import ISNET_GENERAL, PUBLISHED

SPECS = {
    EMBEDDED.name: EMBEDDED,
    "u2netp": next(spec for spec in PUBLISHED if spec.name == "u2netp"),
    "isnet": replace(ISNET_GENERAL, file="isnet.onnx"),
}
ARITHMETICS = ("fp32", "fp16")


def network(name: str, arithmetic: str, networks: Path, made: Path) -> tuple[ModelSpec, Path]:
    """The registry's row and the file, which is made if it is not there.

    networks: the folder with u2netp.onnx and isnet.onnx; made: where files are kept.
    """
    spec = replace(SPECS[name], name=name, output=None, outputs=1)
    weights = (WEIGHTS_IN_PACKAGE if name == EMBEDDED.name else networks) / spec.file
    place = place_for(weights, made)
    single, half = place / f"{name}-fp32.onnx", place / f"{name}-fp16.onnx"
    if not single.exists():
        single.write_bytes(pruned(weights, spec.output) or weights.read_bytes())
        _leave_number_open(single)
    if arithmetic == "fp16" and not half.exists():
        halve(spec, single, half)  # Open before: folding constants would fix the number for good.
    return spec, half if arithmetic == "fp16" else single


def _leave_number_open(path: Path) -> None:
    """Let the file take any number of images: what it says of shapes inside follows from that."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    for one in (*model.graph.input, *model.graph.output):
        one.type.tensor_type.shape.dim[0].dim_param = "n"
    onnx.save(model, path)
