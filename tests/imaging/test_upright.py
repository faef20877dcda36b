"""Turning images as their EXIF orientation says, against Pillow's transpositions."""

import numpy as np
import pytest
from PIL import Image

from cutoutd.imaging.upright import exif_transpose

PILLOWS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (129, 2), (200, 310)])
@pytest.mark.parametrize("orientation", PILLOWS)
def test_every_orientation_is_pillows(orientation: int, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 4), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).transpose(PILLOWS[orientation]))
    ours = exif_transpose(pixels, orientation)
    np.testing.assert_array_equal(ours, expected)
    assert ours.flags.c_contiguous


@pytest.mark.parametrize("orientation", [0, 1, 9, 60_000])
def test_other_numbers_leave_it_as_it_is(orientation: int) -> None:
    pixels = np.zeros((2, 3, 4), dtype=np.uint8)
    assert exif_transpose(pixels, orientation) is pixels
