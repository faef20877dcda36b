"""Networks in half precision, by ONNX Runtime's own converter."""

from pathlib import Path

import onnx
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from cutoutd.segmentation.graphs import pruned
from cutoutd.segmentation.models import ModelSpec


def halve(spec: ModelSpec, weights: Path, to: Path) -> None:
    """Weights and every number between them in fp16; input and output stay float32."""
    to.write_bytes(pruned(weights, spec.output) or weights.read_bytes())
    quant_pre_process(str(to), str(to), skip_symbolic_shape=True)  # Folds what is stored in half.
    onnx.save(convert_float_to_float16(onnx.load(to), keep_io_types=True), to)
