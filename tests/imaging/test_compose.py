"""Layers and geometry."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.command import Crop, Fit, Length, Placement, Region, Shadow, Unit
from cutoutd.imaging.compose import fill, fit_background, over
from cutoutd.imaging.geometry import bounding_box, clear_outside, crop, place, shrink_to
from cutoutd.imaging.shadow import draw_shadow

Pixels = NDArray[np.uint8]


def box_cutout() -> Pixels:
    """(60, 80, 4) an opaque 20 x 10 box, its corner at (30, 15)."""
    rgba = fill((60, 80), (0, 0, 0, 0))
    rgba[15:25, 30:50] = (200, 100, 50, 255)
    return rgba


def percent(value: float) -> Length:
    return Length(value=value, unit=Unit.PERCENT)


@pytest.mark.parametrize("linear_light", [False, True])
def test_blending_is_right_at_both_ends_and_the_truth_between(linear_light: bool) -> None:
    front = fill((4, 256), (255, 255, 255, 255))
    front[..., 3] = np.arange(256)
    behind = fill((4, 256), (0, 0, 0, 255))
    mixed = over(front, behind, linear_light=linear_light)
    assert (mixed[..., 3] == 255).all()
    assert mixed[0, 0, 0] == 0
    assert mixed[0, 255, 0] == 255
    share = np.arange(256) / 255
    light = np.where(share <= 0.0031308, share * 12.92, 1.055 * share ** (1 / 2.4) - 0.055)
    expected = (light if linear_light else share) * 255
    assert np.abs(mixed[0, :, 0] - expected).max() <= 1


def test_colours_survive_on_a_clear_background() -> None:
    front = fill((2, 2), (200, 100, 50, 128))
    for linear_light in (False, True):
        mixed = over(front, fill((2, 2), (0, 0, 0, 0)), linear_light=linear_light)
        assert np.abs(mixed.astype(int) - front).max() <= 1


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("size", [(10, 40), (40, 10), (7, 7), (300, 100)])
def test_a_background_picture_fills_or_fits_the_canvas(fit: Fit, size: tuple[int, int]) -> None:
    canvas = fit_background(fill(size, (9, 80, 200, 255)), (60, 80, 4), fit)
    assert canvas.shape == (60, 80, 4)
    if fit is Fit.COVER:
        assert (canvas == (9, 80, 200, 255)).all()
    else:
        left, top, right, bottom = bounding_box(canvas[..., 3]) or (0, 0, 0, 0)
        assert right - left == 80 or bottom - top == 60
        assert abs(left - (80 - right)) <= 1
        assert abs(top - (60 - bottom)) <= 1


def test_the_shadow_lies_at_the_feet_and_is_soft() -> None:
    shadow = draw_shadow(box_cutout(), Shadow())
    assert not shadow[..., :3].any()
    assert 0 < shadow[..., 3].max() <= 128
    rows = shadow[..., 3].sum(axis=1)
    assert abs(int(np.argmax(rows)) - 25) <= 3
    assert not draw_shadow(np.zeros((5, 5, 4), dtype=np.uint8), Shadow()).any()


def test_cropping_leaves_the_margins_asked_for() -> None:
    margins = Crop(top=Length(value=2), right=percent(50), bottom=percent(10), left=Length(value=0))
    cut = crop(box_cutout(), margins)
    assert cut.shape == (13, 30, 4)
    assert bounding_box(cut[..., 3]) == (0, 2, 20, 12)


def test_a_margin_may_leave_the_picture() -> None:
    cut = crop(box_cutout(), Crop(left=Length(value=100)))
    assert bounding_box(cut[..., 3]) == (100, 0, 120, 10)


def test_placing_scales_and_moves_the_subject() -> None:
    moved = place(box_cutout(), Placement(scale=0.5, x=0, y=1))
    assert moved.shape == (60, 80, 4)
    assert bounding_box(moved[..., 3]) == (0, 40, 40, 60)
    still = place(box_cutout(), Placement())
    assert bounding_box(still[..., 3]) == (30, 25, 50, 35)


def test_without_a_subject_nothing_moves() -> None:
    clear = fill((6, 8), (0, 0, 0, 0))
    assert crop(clear, Crop()).shape == clear.shape
    assert place(clear, Placement(scale=1)).shape == clear.shape
    assert bounding_box(clear[..., 3]) is None


def test_shrinking_keeps_proportions_and_never_exceeds_the_limit() -> None:
    for limit in (1, 100, 2400, 4800, 9999):
        small = shrink_to(box_cutout(), limit)
        assert small.shape[0] * small.shape[1] <= limit
        if limit >= 4800:
            assert small.shape == (60, 80, 4)


def test_outside_the_region_is_background() -> None:
    mask = np.full((60, 80), 255, dtype=np.uint8)
    sides = (percent(25), Length(value=10), percent(75), Length(value=999))
    region = Region(left=sides[0], top=sides[1], right=sides[2], bottom=sides[3])
    assert bounding_box(clear_outside(mask, region)) == (20, 10, 60, 60)
