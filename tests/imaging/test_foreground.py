"""Foreground colours against known truth and against pymatting's estimate."""

import numpy as np
import pymatting
import pytest
from numpy.typing import NDArray

from cutoutd.imaging.foreground import COARSE_PIXELS, estimate_colors, unmix
from cutoutd.imaging.resize import shrink

Pixels = NDArray[np.uint8]


def estimated(rgba: Pixels, alpha: Pixels) -> NDArray[np.float32]:
    """The colours of subject and background, of an image that needs no reducing."""
    return estimate_colors(shrink(rgba, 1), shrink(alpha, 1))


@pytest.fixture
def red_before_green(soft_disc: Pixels, photo: Pixels) -> tuple[Pixels, NDArray[np.float64]]:
    """A composite of warm and cool colours, and the warm ones alone."""
    front = photo.astype(np.float64) * (0.5, 0.2, 0.2) + (110, 20, 10)
    back = photo[::-1].astype(np.float64) * (0.2, 0.5, 0.4) + (5, 90, 60)
    share = soft_disc[..., np.newaxis] / 255
    return np.rint(front * share + back * (1 - share)).astype(np.uint8), front


def test_soft_pixels_get_the_colour_of_the_subject(
    red_before_green: tuple[Pixels, NDArray[np.float64]], soft_disc: Pixels
) -> None:
    shown, front = red_before_green
    rgba = np.dstack([shown, np.full(soft_disc.shape, 255, dtype=np.uint8)])
    rgba = unmix(rgba, soft_disc, estimated(rgba, soft_disc))
    soft = (soft_disc > 0) & (soft_disc < 255)
    weight = soft_disc[soft] / 255

    def error(colors: NDArray[np.generic]) -> float:
        apart = np.abs(colors.astype(np.float64) - front)[soft].mean(axis=1)
        return float((apart * weight).sum() / weight.sum())

    reference = 255 * pymatting.estimate_foreground_ml(shown / 255.0, soft_disc / 255.0)
    darkened = shown * (soft_disc[..., np.newaxis] / 255)
    assert error(rgba[..., :3]) <= 1.15 * error(reference)
    assert error(rgba[..., :3]) * 5 <= error(darkened)


@pytest.mark.parametrize("estimate", [True, False])
def test_solid_pixels_stay_to_the_bit_and_clear_ones_become_nothing(
    photo: Pixels, soft_disc: Pixels, estimate: bool
) -> None:
    rgba = np.dstack([photo, np.full(soft_disc.shape, 255, dtype=np.uint8)])
    colors = estimated(rgba, soft_disc) if estimate else None
    rgba = unmix(rgba, soft_disc, colors)
    np.testing.assert_array_equal(rgba[..., 3], soft_disc)
    np.testing.assert_array_equal(rgba[soft_disc == 255, :3], photo[soft_disc == 255])
    assert not rgba[soft_disc == 0].any()
    if not estimate:
        seen = soft_disc > 0
        np.testing.assert_array_equal(rgba[seen, :3], photo[seen])


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (129, 2)])
def test_flat_alpha_and_thin_pictures_are_fine(level: int, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    rgba = random.integers(0, 256, (*shape, 4), dtype=np.uint8)
    before = rgba.copy()
    alpha = np.full(shape, level, dtype=np.uint8)
    rgba = unmix(rgba, alpha, estimated(rgba, alpha))
    assert (rgba[..., 3] == level).all()
    if level == 255:
        np.testing.assert_array_equal(rgba[..., :3], before[..., :3])


@pytest.mark.parametrize("shape", [(230, 304), (300, 300), (433, 577), (1024, 1365)])
def test_an_image_of_any_size_has_its_colours_estimated_on_few_cells(
    shape: tuple[int, int],
) -> None:
    colors = estimated(np.zeros((*shape, 4), np.uint8), np.zeros(shape, np.uint8))

    assert 8_000 < colors[0].size <= 1.05 * COARSE_PIXELS
