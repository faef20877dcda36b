"""What is transparent is chance: no network sees it, and a cutout stays one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.imaging.transparency import cuts_out, lay_on_contrast

ROWS, COLUMNS = np.mgrid[:120, :160]
RING = ((np.hypot(ROWS - 60, COLUMNS - 80) < 50) & (np.hypot(ROWS - 60, COLUMNS - 80) > 20)) * 255
DISC = (np.hypot(ROWS - 60, COLUMNS - 80) < 50) * 255
NOTHING = np.zeros((120, 160), np.uint8)


def picture(color: tuple[int, int, int], under: tuple[int, int, int]) -> NDArray[np.uint8]:
    rgba = np.zeros((120, 160, 4), np.uint8)
    rgba[..., :3] = np.where(RING[..., None] > 0, color, under)
    rgba[..., 3] = RING
    return rgba


@pytest.mark.parametrize("under", [(0, 0, 0), (255, 255, 255), (255, 0, 255)])
@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 30, 30)])
def test_the_opaque_part_stands_out_whatever_lies_around_it(
    color: tuple[int, int, int], under: tuple[int, int, int]
) -> None:
    shown = lay_on_contrast(picture(color, under))
    np.testing.assert_array_equal(shown[RING > 0, :3], np.tile(color, (np.sum(RING > 0), 1)))
    around = shown[RING == 0, :3].astype(int)
    assert np.abs(around - color).max(axis=1).min() >= 100
    assert np.ptp(around, axis=0).max() == 0


def test_half_transparent_pixels_are_mixed() -> None:
    rgba = np.zeros((1, 2, 4), np.uint8)
    rgba[0, :, 3] = 255, 102
    assert lay_on_contrast(rgba)[0, 1, 0] == 153


def test_a_cutout_counts_whatever_the_network_sees() -> None:
    half = RING.astype(np.uint8).copy()
    half[:, :80] = 0
    for found in (NOTHING, half, RING.astype(np.uint8)):
        assert cuts_out(RING.astype(np.uint8), found)


def test_a_round_photo_is_no_cutout_where_the_network_sees_a_part() -> None:
    disc = DISC.astype(np.uint8)
    part = disc.copy()
    part[:, :100] = 0
    assert not cuts_out(disc, part)
    assert cuts_out(disc, disc)
    assert cuts_out(disc, NOTHING)


def test_rounded_corners_and_a_clear_strip_are_no_cutout() -> None:
    corners = np.full((120, 160), 255, np.uint8)
    corners[:8, :8] = 0
    strip = np.full((120, 160), 255, np.uint8)
    strip[:, :20] = 0
    for alpha in (corners, strip, np.full((120, 160), 255, np.uint8)):
        assert not cuts_out(alpha, NOTHING)
