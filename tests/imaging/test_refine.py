"""A mask corrected by what the network saw, and by the colours near by."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.foreground import estimate_colors
from cutoutd.imaging.refine import back_project, refine
from cutoutd.imaging.resize import shrink

SHAPE, CELLS = (120, 160), (30, 40)
Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def halves(edge: int) -> Pixels:
    """(120, 160): subject left of that column."""
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[:, :edge] = 255
    return mask


def orange_before_blue(mask: Pixels) -> Pixels:
    """(120, 160, 4): the subject orange, the background blue, with grain."""
    colors = np.where(mask[..., None] > 0, (220, 120, 30, 255), (30, 60, 140, 255))
    grain = np.random.default_rng(9).normal(0, 3, (*SHAPE, 1))
    return np.clip(colors + grain, 0, 255).astype(np.uint8)


def means(mask: Pixels) -> NDArray[np.float32]:
    """(30, 40): of each square of four, 0..1."""
    squares = mask.reshape(CELLS[0], 4, CELLS[1], 4)
    return (squares.mean(axis=(1, 3)) / 255).astype(np.float32)


def blurred(mask: Pixels, reach: int) -> Pixels:
    """As a network sees an edge: soft for so many pixels each way."""
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    padded = np.pad(mask.astype(np.float64), ((0, 0), (reach, reach)), mode="edge")
    rows = [np.convolve(row, kernel, mode="valid") for row in padded]
    return np.rint(rows).astype(np.uint8)


def refined(
    mask: Pixels, rgba: Pixels, seen: Plane, variance: Plane, factor: int = 1
) -> tuple[Pixels, Plane]:
    """The refined mask, and the colours that it was refined by."""
    shrunk, shrunk_mask = shrink(rgba, factor), shrink(mask, factor)
    residual = back_project(seen, shrunk_mask)
    colors = estimate_colors(shrunk, shrunk_mask, residual)
    return refine(mask, rgba, residual, variance, colors), colors


def test_a_mask_that_agrees_and_is_explained_stays_as_it_is() -> None:
    mask = blurred(halves(80), 6)
    before = mask.copy()
    rgba = orange_before_blue(halves(80))
    nothing = np.zeros(CELLS, dtype=np.float32)
    mask, _ = refined(mask, rgba, means(mask), nothing)
    np.testing.assert_array_equal(mask, before)


def test_pixels_of_the_network_need_not_be_a_whole_number_of_the_picture_s() -> None:
    rgba, mask = orange_before_blue(halves(80)), halves(77)
    before = mask.copy()
    seen = np.asarray(Image.fromarray(mask).resize((71, 53), Image.Resampling.BOX)) / 255
    nothing = np.zeros((53, 71), dtype=np.float32)
    mask, _ = refined(mask, rgba, seen.astype(np.float32), nothing)
    np.testing.assert_array_equal(mask, before)


def test_a_large_picture_s_last_squares_need_not_be_full() -> None:
    shape = (481, 1041)  # The small image is reduced by eight, from one pixel more.
    mask = np.zeros(shape, dtype=np.uint8)
    mask[:, 960:] = 255  # Where a square begins, and one of the network's pixels.
    before = mask.copy()
    rgba = np.dstack([mask, mask, mask, np.full(shape, 255, dtype=np.uint8)])
    seen = np.asarray(Image.fromarray(mask).resize((347, 60), Image.Resampling.BOX)) / 255
    nothing = np.zeros((60, 347), dtype=np.float32)
    mask, _ = refined(mask, rgba, seen.astype(np.float32), nothing, factor=8)
    np.testing.assert_array_equal(mask, before)


def test_what_the_network_saw_and_the_mask_lacks_is_given_back() -> None:
    rgba = np.full((*SHAPE, 4), 128, dtype=np.uint8)
    nothing = np.zeros(CELLS, dtype=np.float32)
    seen = nothing.copy()
    seen[10:20, 10:30] = 0.5
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask, _ = refined(mask, rgba, seen, nothing)
    assert np.abs(mask[44:76, 44:116].astype(int) - 128).max() <= 1
    assert not mask[:36].any()
    assert not mask[84:].any()


def test_an_edge_that_the_network_blurs_becomes_the_edge_of_the_colours() -> None:
    truth = halves(80)
    rgba, mask = orange_before_blue(truth), blurred(truth, 8)
    unsure = means(mask) * (1 - means(mask))

    def error() -> float:
        return float(np.abs(mask.astype(float) - truth).mean())

    before = error()
    mask, _ = refined(mask, rgba, means(mask), unsure)
    assert error() * 1.3 < before


def test_colours_alone_make_nothing_soft_that_is_sure() -> None:
    random = np.random.default_rng(4)
    rgba = random.integers(0, 256, (*SHAPE, 4), dtype=np.uint8)
    mask = halves(80)
    unsure = np.full(CELLS, 0.2, dtype=np.float32)
    mask, _ = refined(mask, rgba, means(mask), unsure)
    np.testing.assert_array_equal(mask, halves(80))


def test_the_colours_it_took_are_those_of_subject_and_background() -> None:
    truth = halves(80)
    rgba, mask = orange_before_blue(truth), blurred(truth, 8)
    nothing = np.zeros(CELLS, dtype=np.float32)
    _, colors = refined(mask, rgba, means(mask), nothing)
    middle = colors.shape[1] // 2
    np.testing.assert_allclose(colors[:3, middle, 4], (220, 120, 30), atol=6)
    np.testing.assert_allclose(colors[3:, middle, -4], (30, 60, 140), atol=6)


def test_the_mask_stays_unless_the_refined_one_is_to_be_written_there() -> None:
    truth = halves(80)
    rgba, mask = orange_before_blue(truth), blurred(truth, 8)
    before, shrunk = mask.copy(), shrink(mask, 1)
    unsure = means(mask) * (1 - means(mask))
    residual = back_project(means(mask), shrunk)
    colors = estimate_colors(shrink(rgba, 1), shrunk, residual)
    refined_mask = refine(mask, rgba, residual, unsure, colors)
    np.testing.assert_array_equal(mask, before)
    assert refine(mask, rgba, residual, unsure, colors, out=mask) is mask
    np.testing.assert_array_equal(mask, refined_mask)
