"""Files made of a network: where they are kept, and half precision by ONNX Runtime's converter."""

import hashlib
from pathlib import Path

import onnx
from onnx.compose import add_prefix
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from cutoutd.segmentation.graphs import pruned
from cutoutd.segmentation.models import ModelSpec


def place_for(weights: Path, made: Path) -> Path:
    """The folder of what is made of these weights; others under their name have another."""
    folder = made / hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def halve(spec: ModelSpec, weights: Path, to: Path) -> None:
    """Weights and every number between them in fp16; input and output stay float32."""
    to.write_bytes(pruned(weights, spec.output) or weights.read_bytes())
    quant_pre_process(str(to), str(to), skip_symbolic_shape=True)  # Folds what is stored in half.
    model = onnx.load(to)
    # A file that was converted before has the converter's own names.
    add_prefix(model, "its/", rename_inputs=False, rename_outputs=False, inplace=True)
    onnx.save(convert_float_to_float16(model, keep_io_types=True), to)
