"""The embedded network in eight bits, calibrated on training photos, for CPUs with VNNI.

    python -m training.int8 DATA cutoutd-small.onnx cutoutd-small-int8.onnx

Weights use all eight bits and activations are fused; a convolution stays in float only where masks
would be too far off (`cutoutd.segmentation.quantize`). What it costs `training.evaluate` says.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from cutoutd.segmentation.own import PREFIX
from cutoutd.segmentation.quantize import Quantization, write_quantized
from training.data import Example
from training.evaluate import spec_of
from training.validation import fitting_sets

EACH = 6
"""Photos of each set."""
QUANTIZATION = Quantization(full_range=True, fused=True, allowed=0.0025, judged=3 * EACH)


def calibration_photos(data: Path, each: int = EACH) -> dict[str, NDArray[np.uint8]]:
    """(H, W, 3) each: evenly spread over each set's fitting photos. data: where the shards are."""
    chosen = {}
    for name, photos in fitting_sets(data).items():
        examples = list(photos)
        for example in examples[:: len(examples) // each][:each]:
            chosen[f"{name}/{example.name}"] = pixels_of(example)
    return chosen


def pixels_of(example: Example) -> NDArray[np.uint8]:
    """(H, W, 3)."""
    return np.asarray(Image.open(io.BytesIO(example.picture)).convert("RGB"))


def describe(quantized: Path, weights: Path) -> None:
    """Give the quantised file the metadata of the one that it was made of."""
    model, described = onnx.load(quantized), onnx.load(weights)
    facts = {item.key: item.value for item in described.metadata_props}
    onnx.helper.set_model_props(model, facts | {f"{PREFIX}precision": "int8"})
    onnx.save(model, quantized)


def main() -> None:
    """Quantise one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="where the tar shards are")
    parser.add_argument("weights", type=Path, help="an ONNX file of ours in float")
    parser.add_argument("quantized", type=Path)
    arguments = parser.parse_args()
    photos = calibration_photos(arguments.data)
    write_quantized(
        spec_of(arguments.weights), arguments.weights, photos, arguments.quantized, QUANTIZATION
    )
    describe(arguments.quantized, arguments.weights)


if __name__ == "__main__":
    main()
