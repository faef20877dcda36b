"""Convolutions in eight bits, by ONNX Runtime's own quantiser.

Quantised tensors stand between QuantizeLinear and DequantizeLinear (QDQ), which OpenVINO reads
too. A weight has a scale for each output channel. An activation has the range that all but one in
a thousand of its values take on the calibration photos: the outliers beyond would make every
other step coarser.
"""

from collections.abc import Collection, Iterator
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACTIVATIONS = ["Relu", "Clip"]
"""Fused, they vanish: a convolution's output then has no levels beyond their limits."""
PASSING = ["Concat", "MaxPool", "Resize"]
"""What passes on the numbers of convolutions."""
PERCENTILE = 99.9
"""Of an activation's values, per cent; MinMax is worse, as are 99.99 and 99.999."""
PER_CHANNEL_OPSET = 13
"""From which DequantizeLinear has an axis."""
QUANTIZATION = "onnxruntime.quantization"

Tensor = NDArray[np.float32]


class Quantizer:
    """One float network, from which any of its convolutions can be quantised."""

    def __init__(
        self, network: bytes, folder: Path, *, full_range: bool = False, fused: bool = False
    ) -> None:
        """network: an ONNX file; folder: for files made in between.

        fused: let activations be the limits of their convolution's levels, and add in levels.
        full_range: use all eight bits of a weight, not seven. Without VNNI a CPU adds pairs of
        products in 16 bits, which eight could overflow.
        """
        import onnx

        self._reduced = not full_range
        activations, passing = (ACTIVATIONS, [*PASSING, "Add"]) if fused else ([], PASSING)
        self._kinds = ["Conv", *activations, *passing]
        self._tools = import_module(QUANTIZATION)
        source, self._folder = folder / "float.onnx", folder
        onnx.save(_per_channel_ready(onnx.load_from_string(network)), str(source))
        self.plain = folder / "plain.onnx"
        """The float network, its constants folded: weights stored in half precision are single."""
        import_module(f"{QUANTIZATION}.shape_inference").quant_pre_process(
            str(source), str(self.plain), skip_symbolic_shape=True
        )
        model = onnx.load(str(self.plain))
        graph = model.graph
        for place, node in enumerate(graph.node):
            node.name = f"{place} {node.name}"  # Some have none.
        onnx.save(model, str(self.plain))
        self._input = graph.input[0].name
        self.layers = [node.name for node in graph.node if node.op_type == "Conv"]
        """Names of the convolutions."""
        self._activations = [node.name for node in graph.node if node.op_type in activations]
        self._passing = [node.name for node in graph.node if node.op_type in passing]
        self._ranges: Any = None

    def calibrate(self, tensors: Collection[Tensor]) -> None:
        """Take each activation's range from what the network is given: (1, 3, size, size) each.

        One at a time, since every activation of the network is held meanwhile.
        """
        calibrator = import_module(f"{QUANTIZATION}.calibrate").create_calibrator(
            self.plain,
            self._kinds,
            augmented_model_path=str(self._folder / "augmented.onnx"),
            calibrate_method=self._tools.CalibrationMethod.Percentile,
            extra_options={"percentile": PERCENTILE},
        )
        with redirect_stdout(StringIO()):  # It says what it does, tensor by tensor.
            for tensor in tensors:
                calibrator.collect_data(_Feeds(self._input, tensor))
            self._ranges = calibrator.compute_data()

    def write(self, to: Path, layers: Collection[str], *, whole: bool = True) -> None:
        """Write the network with these convolutions in int8.

        whole: also what passes numbers on between convolutions.
        """
        import onnx

        kinds = self._tools.QuantType
        nodes = [*layers, *self._activations, *(self._passing if whole else ())]
        quantizer = import_module(f"{QUANTIZATION}.qdq_quantizer").QDQQuantizer(
            onnx.load(str(self.plain)),
            per_channel=True,
            reduce_range=self._reduced,
            weight_qType=kinds.QInt8,
            activation_qType=kinds.QUInt8,
            tensors_range=self._ranges,
            nodes_to_quantize=nodes,
            nodes_to_exclude=[],
            op_types_to_quantize=self._kinds,
            extra_options={},
        )
        quantizer.quantize_model()
        quantizer.model.save_model_to_file(str(to), False)


def _per_channel_ready(model: Any) -> Any:
    """A model whose operators are new enough for a scale of each channel's own."""
    from onnx import version_converter

    known = {one.domain: one.version for one in model.opset_import}
    if known.get("", PER_CHANNEL_OPSET) >= PER_CHANNEL_OPSET:
        return model
    return version_converter.convert_version(model, PER_CHANNEL_OPSET)


class _Feeds:
    """One input, as a calibrator reads them."""

    def __init__(self, name: str, tensor: Tensor) -> None:
        self._feeds: Iterator[dict[str, Tensor]] = iter([{name: tensor}])

    def get_next(self) -> dict[str, Tensor] | None:
        return next(self._feeds, None)
