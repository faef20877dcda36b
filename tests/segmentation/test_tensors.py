"""What a network is given: the whole picture, squeezed."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cutoutd.segmentation.models import EMBEDDED, Scale
from cutoutd.segmentation.tensors import shown, tensor_from_picture

LEVELS = replace(EMBEDDED, size=50, mean=(0, 0, 0), std=(1, 1, 1), scale=Scale.LEVELS)


def picture(width: int, height: int, channels: int = 3) -> NDArray[np.uint8]:
    random = np.random.default_rng(width * height)
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


def test_a_fourth_channel_means_nothing() -> None:
    pixels = picture(120, 90, 4)
    rgb = np.ascontiguousarray(pixels[..., :3])
    np.testing.assert_array_equal(
        tensor_from_picture(pixels, LEVELS), tensor_from_picture(rgb, LEVELS)
    )
    np.testing.assert_array_equal(np.asarray(shown(pixels).convert("RGB")), rgb)
