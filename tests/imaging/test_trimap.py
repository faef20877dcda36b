"""The trimap against SciPy's erosion, which rembg uses."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from cutoutd.imaging.trimap import BACKGROUND, FOREGROUND, UNKNOWN, trimap_from_mask


@pytest.mark.parametrize("erode_px", [1, 2, 3, 5, 10, 13, 40])
def test_eroding_agrees_with_scipy(soft_disc: NDArray[np.uint8], erode_px: int) -> None:
    square = np.ones((erode_px, erode_px))
    subject = ndimage.binary_erosion(soft_disc > 240, square)
    backdrop = ndimage.binary_erosion(soft_disc < 10, square, border_value=1)
    trimap = trimap_from_mask(
        soft_disc, foreground_above=240, background_below=10, erode_px=erode_px
    )
    np.testing.assert_array_equal(trimap == FOREGROUND, subject)
    np.testing.assert_array_equal(trimap == BACKGROUND, backdrop)


def test_size_nought_leaves_the_mask_whole(soft_disc: NDArray[np.uint8]) -> None:
    trimap = trimap_from_mask(soft_disc, foreground_above=240, background_below=10, erode_px=0)
    np.testing.assert_array_equal(trimap == FOREGROUND, soft_disc > 240)
    np.testing.assert_array_equal(trimap == BACKGROUND, soft_disc < 10)
    assert set(np.unique(trimap)) == {BACKGROUND, UNKNOWN, FOREGROUND}


def test_a_square_larger_than_the_picture_leaves_nothing_sure(
    soft_disc: NDArray[np.uint8],
) -> None:
    trimap = trimap_from_mask(soft_disc, foreground_above=240, background_below=10, erode_px=999)
    assert (trimap == UNKNOWN).all()


def test_a_pixel_that_could_be_sure_of_both_is_subject() -> None:
    mask = np.full((4, 4), 100, dtype=np.uint8)
    trimap = trimap_from_mask(mask, foreground_above=50, background_below=200, erode_px=0)
    assert (trimap == FOREGROUND).all()
