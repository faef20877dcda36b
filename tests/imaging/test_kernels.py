"""The inner loops in C give what the NumPy of the same step gives."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.foreground import cut_out, shares, spread
from cutoutd.imaging.guided import applied, fit
from cutoutd.imaging.png_filter import filtered
from cutoutd.imaging.refine import refine
from cutoutd.imaging.resize import shrink

Made = TypeVar("Made")
SHAPES = [(1, 1), (1, 300), (300, 1), (2, 3), (129, 257), (200, 310)]
PAETH = 4
"""The specification's number of that filter."""
COARSE = [(1, 1), (1, 7), (5, 1), (2, 2), (40, 53), (80, 64)]

pytestmark = pytest.mark.skipif(
    not kernels.compiled(), reason="no C compiler was here when cutoutd was installed"
)


def both(made: Callable[[], Made], monkeypatch: pytest.MonkeyPatch) -> tuple[Made, Made]:
    """What the kernels make, and what NumPy makes."""
    ours = made()
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "_library", None)
        return ours, made()


def with_paeth(rows: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """All rows but the first, less what the specification predicts: (N, n) -> (N - 1, n + 1)."""
    levels = np.pad(rows, ((0, 0), (channels, 0))).astype(int)
    left, up, corner = levels[1:, :-channels], levels[:-1, channels:], levels[:-1, :-channels]
    nearness = [np.abs(left + up - corner - value) for value in (left, up, corner)]
    predicted = np.choose(np.argmin(nearness, axis=0), (left, up, corner))
    return np.pad((rows[1:] - predicted).astype(np.uint8), ((0, 0), (1, 0)), constant_values=PAETH)


def half_sure(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Nothing above, everything below, and a soft band of noise between."""
    random = np.random.default_rng(3).random(shape, dtype=np.float32)
    down = np.linspace(-1.5, 2.5, shape[0], dtype=np.float32)[:, np.newaxis]
    return np.clip(down + random * np.float32(0.5), 0, 1)


@pytest.mark.parametrize("shape", COARSE)
@pytest.mark.parametrize("radius", [1, 2, 4])
def test_the_fit_is_the_same(
    shape: tuple[int, int], radius: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = np.random.default_rng(1).random((3, *shape), dtype=np.float32)
    target = half_sure(shape)
    ours, numpys = both(lambda: fit(guide, target, radius=radius, epsilon=1e-3), monkeypatch)
    np.testing.assert_allclose(ours, numpys, atol=2e-5)


@pytest.mark.parametrize("coarse", COARSE)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_mask_is_the_same_but_for_rounding(
    shape: tuple[int, int], coarse: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    rgba = random.integers(0, 256, (*shape, 4), dtype=np.uint8)
    slopes = random.normal(0, 0.2, (3, *coarse)).astype(np.float32)
    slopes[:, : coarse[0] // 2] = 0
    coefficients = np.concatenate([slopes, half_sure(coarse)[np.newaxis]])
    ours, numpys = both(lambda: applied(coefficients, rgba), monkeypatch)
    assert np.abs(ours.astype(int) - numpys).max() <= 1


@pytest.mark.parametrize("coarse", COARSE)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_refined_mask_is_the_same_but_for_rounding(
    shape: tuple[int, int], coarse: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgba = np.random.default_rng(7).integers(0, 256, (*shape, 4), dtype=np.uint8)
    mask = np.rint(half_sure(shape) * 255).astype(np.uint8)
    probability = half_sure(coarse)
    variance = probability * (1 - probability) * np.float32(0.1)

    def made() -> NDArray[np.uint8]:
        mine = mask.copy()
        refine(mine, rgba, probability, variance, small=shrink(rgba, 1))
        return mine

    ours, numpys = both(made, monkeypatch)
    assert np.abs(ours.astype(int) - numpys).max() <= 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("estimate", [True, False])
def test_the_cutout_is_the_same_but_for_rounding(
    shape: tuple[int, int], estimate: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgba = np.random.default_rng(4).integers(0, 256, (*shape, 4), dtype=np.uint8)
    alpha = np.rint(half_sure(shape) * 255).astype(np.uint8)

    def made() -> NDArray[np.uint8]:
        mine, small = rgba.copy(), shrink(rgba, 1)
        colors = spread(small, shares(small, alpha)) if estimate else None
        cut_out(mine, alpha, colors=colors)
        return mine

    ours, numpys = both(made, monkeypatch)
    assert np.abs(ours.astype(int) - numpys).max() <= 1
    np.testing.assert_array_equal(ours[..., 3], numpys[..., 3])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lines_of_a_png_are_the_same_to_the_bit(
    shape: tuple[int, int], channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, 256, (shape[0], shape[1] * channels), dtype=np.uint8)
    rows[::2] = rows[:1]
    parts = (slice(0, shape[0] // 2), slice(shape[0] // 2, shape[0]))

    def made() -> NDArray[np.uint8]:
        blocks = [block.copy() for part in parts for block in filtered(rows, part, channels)]
        return np.concatenate(blocks)

    ours, numpys = both(made, monkeypatch)
    paeth = ours[:, 0] == PAETH
    np.testing.assert_array_equal(ours[~paeth], numpys[~paeth])
    np.testing.assert_array_equal(ours[1:][paeth[1:]], with_paeth(rows, channels)[paeth[1:]])


def test_paeth_is_chosen_where_it_leaves_least() -> None:
    random = np.random.default_rng(6)
    both_ways = random.integers(0, 120, (64, 1)) + random.integers(0, 120, (1, 900))
    lines = next(filtered(both_ways.astype(np.uint8), slice(16, 64), 1))
    assert set(lines[:, 0]) == {PAETH}


def test_arrays_of_another_shape_type_or_layout_are_refused() -> None:
    rgba = np.zeros((4, 5, 4), dtype=np.uint8)
    alpha = np.zeros((4, 6), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"\(4, 6, 4\)"):
        kernels.cut_out(None, rgba, alpha, slice(0, 4))
    with pytest.raises(ValueError, match="contiguous"):
        kernels.cut_out(None, rgba[:, ::-1], alpha[:, :5].copy(), slice(0, 4))
    with pytest.raises(ValueError, match="float32"):
        kernels.cut_out(None, rgba.astype(np.float32), alpha[:, :5].copy(), slice(0, 4))
