"""Mask edits, one by one, against definitions and against what rembg does."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from cutoutd.command import MaskEdits
from cutoutd.imaging.components import find_parts
from cutoutd.imaging.edits import edit, shift_edge, smooth

Mask = NDArray[np.uint8]


def rembg_post_process(mask: Mask) -> Mask:
    """rembg 2.0.86: skimage's opening by disk(1), scipy's Gaussian, a cut at 127."""
    cross = ndimage.generate_binary_structure(2, 1)
    opened = ndimage.grey_dilation(
        ndimage.grey_erosion(mask, footprint=cross, mode="reflect"),
        footprint=cross,
        mode="reflect",
    )
    blurred = ndimage.gaussian_filter(opened.astype(np.float64), sigma=2)
    return np.where(blurred < 127, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (130, 127), (300, 420)])
def test_smoothing_is_rembg_s_post_processing(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(6)
    noise = ndimage.gaussian_filter(random.random(shape), 3)
    spread = noise.max() - noise.min() or 1
    mask = np.rint((noise - noise.min()) / spread * 255).astype(np.uint8)
    mask[random.random(shape) < 0.02] = 255
    np.testing.assert_array_equal(smooth(mask), rembg_post_process(mask))


def test_nothing_asked_for_changes_nothing(soft_disc: Mask) -> None:
    np.testing.assert_array_equal(edit(soft_disc, MaskEdits()), soft_disc)


def test_a_threshold_is_exclusive(soft_disc: Mask) -> None:
    cut = edit(soft_disc, MaskEdits(threshold=127))
    np.testing.assert_array_equal(cut, np.where(soft_disc > 127, 255, 0))


def with_speck_and_hole() -> Mask:
    mask = np.zeros((60, 80), dtype=np.uint8)
    mask[10:50, 10:50] = 255
    mask[25:30, 25:30] = 0
    mask[55:58, 70:73] = 200
    return mask


def test_holes_are_filled_and_the_outside_is_not() -> None:
    filled = edit(with_speck_and_hole(), MaskEdits(fill_holes=True))
    assert (filled[10:50, 10:50] == 255).all()
    assert filled[0, 0] == 0
    assert filled[56, 71] == 255 or filled[56, 71] == 200


def test_only_the_largest_part_stays() -> None:
    kept = edit(with_speck_and_hole(), MaskEdits(keep_largest=True))
    assert not kept[54:].any()
    assert kept[12, 12] == 255


def test_parts_below_an_area_go() -> None:
    assert edit(with_speck_and_hole(), MaskEdits(min_area_px=9))[56, 71] == 200
    assert edit(with_speck_and_hole(), MaskEdits(min_area_px=10))[56, 71] == 0


def test_an_edge_moves_by_the_distance_asked_for() -> None:
    mask = np.zeros((101, 101), dtype=np.uint8)
    mask[40:61, 40:61] = 255
    grown = shift_edge(mask, 7)
    assert grown[50, 33] == 255
    assert grown[50, 32] == 0
    np.testing.assert_array_equal(shift_edge(grown, -7), mask)
    point = np.zeros_like(mask)
    point[50, 50] = 255
    rows, columns = np.nonzero(shift_edge(point, 10))
    assert np.hypot(rows - 50, columns - 50).max() < 11.5


def test_nothing_shrinks_from_the_frame() -> None:
    full = np.full((20, 30), 255, dtype=np.uint8)
    np.testing.assert_array_equal(shift_edge(full, -5), full)


def test_feathering_softens_and_keeps_the_middle_of_the_edge() -> None:
    mask = np.zeros((40, 100), dtype=np.uint8)
    mask[:, 50:] = 255
    soft = edit(mask, MaskEdits(feather_px=4))
    assert 100 < soft[20, 49] < 156
    assert np.count_nonzero((soft[20] > 0) & (soft[20] < 255)) > 8


@pytest.mark.parametrize("density", [0.0, 0.2, 0.45, 0.6, 1.0])
def test_parts_are_scipy_s_components(density: float) -> None:
    flags = np.random.default_rng(9).random((70, 90)) < density
    labels, count = ndimage.label(flags, structure=np.ones((3, 3)))
    parts = find_parts(flags)
    assert parts.count == count
    assert sorted(parts.areas()) == sorted(np.bincount(labels.ravel())[1:])
    for part in range(min(count, 12)):
        painted = parts.paint(np.arange(count) == part)
        label = labels[painted][0]
        np.testing.assert_array_equal(painted, labels == label)
    framed = set(labels[0]) | set(labels[-1]) | set(labels[:, 0]) | set(labels[:, -1])
    assert parts.touches_frame().sum() == len(framed - {0})
