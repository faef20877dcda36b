"""The inner loops in C give what the NumPy of the same step gives."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.imaging import reference

from cutoutd.errors import ConfigurationError
from cutoutd.imaging import foreground, guided, kernels
from cutoutd.imaging import refine as refinement
from cutoutd.imaging.png_filter import filter_rows
from cutoutd.imaging.resize import shrink

SHAPES = [(1, 1), (1, 300), (300, 1), (2, 3), (129, 257), (200, 310)]
PAETH = 4
"""The specification's number of that filter."""
COARSE = [(1, 1), (1, 7), (5, 1), (2, 2), (40, 53), (80, 64)]

Bytes = NDArray[np.uint8]
Plane = NDArray[np.float32]


def with_paeth(rows: Bytes, channels: int) -> Bytes:
    """All rows but the first, less what the specification predicts: (N, n) -> (N - 1, n + 1)."""
    levels = np.pad(rows, ((0, 0), (channels, 0))).astype(int)
    left, up, corner = levels[1:, :-channels], levels[:-1, channels:], levels[:-1, :-channels]
    nearness = [np.abs(left + up - corner - value) for value in (left, up, corner)]
    predicted = np.choose(np.argmin(nearness, axis=0), (left, up, corner))
    return np.pad((rows[1:] - predicted).astype(np.uint8), ((0, 0), (1, 0)), constant_values=PAETH)


def half_sure(shape: tuple[int, int]) -> Plane:
    """Nothing above, everything below, and a soft band of noise between."""
    random = np.random.default_rng(3).random(shape, dtype=np.float32)
    down = np.linspace(-1.5, 2.5, shape[0], dtype=np.float32)[:, np.newaxis]
    return np.clip(down + random * np.float32(0.5), 0, 1)


def noise(shape: tuple[int, int]) -> Bytes:
    return np.random.default_rng(7).integers(0, 256, (*shape, 4), dtype=np.uint8)


def cut(length: int, count: int) -> kernels.Windows:
    """As many windows of a length, at least one pixel each: some of them twice, if need be."""
    first = np.arange(count) * length // count
    return kernels.Windows(first, np.maximum(first + 1, (np.arange(count) + 1) * length // count))


def apart(ours: Bytes, numpys: Bytes) -> int:
    return int(np.abs(ours.astype(int) - numpys).max())


@pytest.mark.parametrize("shape", COARSE)
@pytest.mark.parametrize("radius", [1, 2, 4])
def test_the_fit_is_the_same(shape: tuple[int, int], radius: int) -> None:
    guide = np.random.default_rng(1).random((3, *shape), dtype=np.float32)
    target = half_sure(shape)
    ours = guided.fit(guide, target, radius=radius, epsilon=1e-3)
    numpys = reference.guided_fit(guide, target, radius=radius, epsilon=1e-3)
    np.testing.assert_allclose(ours, numpys, atol=2e-5)


@pytest.mark.parametrize("cells", COARSE)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [(), (4,)])
def test_means_are_the_same(
    shape: tuple[int, int], cells: tuple[int, int], channels: tuple[int, ...]
) -> None:
    pixels = np.ascontiguousarray(noise(shape) if channels else noise(shape)[..., 0])
    down, across = (cut(side, count) for side, count in zip(shape, cells, strict=True))
    ours = np.empty((*cells, *channels), dtype=np.uint8)
    kernels.means(pixels, (down, across), slice(0, cells[0]), ours)
    assert apart(ours, reference.means(pixels, down, across)) <= 1


@pytest.mark.parametrize("coarse", COARSE)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_mask_is_the_same_but_for_rounding(
    shape: tuple[int, int], coarse: tuple[int, int]
) -> None:
    rgba = noise(shape)
    slopes = np.random.default_rng(2).normal(0, 0.2, (3, *coarse)).astype(np.float32)
    slopes[:, : coarse[0] // 2] = 0
    coefficients = np.concatenate([slopes, half_sure(coarse)[np.newaxis]])
    assert apart(guided.apply(coefficients, rgba), reference.guided_apply(coefficients, rgba)) <= 1


@pytest.mark.parametrize("coarse", COARSE)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_refined_mask_is_the_same_but_for_rounding(
    shape: tuple[int, int], coarse: tuple[int, int]
) -> None:
    rgba, mask = noise(shape), np.rint(half_sure(shape) * 255).astype(np.uint8)
    probability = half_sure(coarse)
    variance = probability * (1 - probability) * np.float32(0.1)
    shrunk = shrink(mask, 1)
    residual = refinement.back_project(probability, shrunk)
    colors = foreground.estimate_colors(shrink(rgba, 1), shrunk, residual)
    ours = refinement.refine(mask, rgba, residual, variance, colors)
    correction = np.stack([residual, variance])
    correction[1][variance < refinement.LEAST_VARIANCE] = 0
    assert apart(ours, reference.refine(mask, rgba, correction, colors)) <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_the_colours_in_their_planes_are_the_same_to_the_bit(shape: tuple[int, int]) -> None:
    rgba, ours = noise(shape), np.empty((3, *shape), dtype=np.float32)
    factors, shifts = np.array([[1, 0.01, 1 / 255], [0, 2, 0.5]], dtype=np.float32)
    kernels.channels(rgba, ours, factors=factors, shifts=shifts)
    assert np.array_equal(ours, reference.channels(rgba, factors, shifts))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_the_relaxed_colours_are_the_same(shape: tuple[int, int], steps: int) -> None:
    half = [(side + 1) // 2 for side in shape]
    random = np.random.default_rng(4)
    coarse = (random.random((2, 3, *half)) * 255).astype(np.float32)
    seen = (random.random((3, *shape)) * 255).astype(np.float32)
    alpha = half_sure(shape)
    omegas = foreground._chebyshev_weights(steps)
    ours = foreground._relax(coarse, seen, alpha, steps=steps)
    np.testing.assert_allclose(ours, reference.relax(coarse, seen, alpha, omegas), atol=0.02)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("estimate", [True, False])
@pytest.mark.parametrize("in_place", [True, False])
def test_the_cutout_is_the_same_but_for_rounding(
    shape: tuple[int, int], *, estimate: bool, in_place: bool
) -> None:
    rgba, alpha = noise(shape), np.rint(half_sure(shape) * 255).astype(np.uint8)
    before = rgba.copy()
    colors = foreground.estimate_colors(shrink(rgba, 1), shrink(alpha, 1)) if estimate else None
    numpys = reference.unmix(rgba, alpha, colors)
    ours = foreground.unmix(rgba, alpha, colors, out=rgba if in_place else None)
    assert apart(ours, numpys) <= 1
    np.testing.assert_array_equal(ours[..., 3], numpys[..., 3])
    np.testing.assert_array_equal(rgba, ours if in_place else before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lines_of_a_png_are_the_same_to_the_bit(shape: tuple[int, int], channels: int) -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, 256, (shape[0], shape[1] * channels), dtype=np.uint8)
    rows[::2] = rows[:1]
    middle = shape[0] // 2
    parts = [slice(0, middle), slice(middle, shape[0])] if middle else [slice(0, shape[0])]
    ours = np.concatenate([b.copy() for part in parts for b in filter_rows(rows, part, channels)])
    numpys = np.empty_like(ours)
    for part in parts:
        reference.filter_block(rows, channels, part, numpys[part])
    paeth = ours[:, 0] == PAETH
    np.testing.assert_array_equal(ours[~paeth], numpys[~paeth])
    np.testing.assert_array_equal(ours[1:][paeth[1:]], with_paeth(rows, channels)[paeth[1:]])


def test_paeth_is_chosen_where_it_leaves_least() -> None:
    random = np.random.default_rng(6)
    both_ways = random.integers(0, 120, (64, 1)) + random.integers(0, 120, (1, 900))
    lines = next(filter_rows(both_ways.astype(np.uint8), slice(16, 64), 1))
    assert set(lines[:, 0]) == {PAETH}


def test_arrays_of_another_shape_type_or_layout_are_refused() -> None:
    rgba = np.zeros((4, 5, 4), dtype=np.uint8)
    alpha = np.zeros((4, 6), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"\(4, 6, 4\)"):
        kernels.unmix(None, rgba, alpha, slice(0, 4), rgba)
    alpha = alpha[:, :5].copy()
    with pytest.raises(ValueError, match="contiguous"):
        kernels.unmix(None, rgba[:, ::-1], alpha, slice(0, 4), rgba)
    with pytest.raises(ValueError, match="float32"):
        kernels.unmix(None, rgba.astype(np.float32), alpha, slice(0, 4), rgba)


@pytest.mark.parametrize("content", [None, b"no library"])
def test_a_library_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    library = tmp_path / kernels.LIBRARY.name
    if content is not None:
        library.write_bytes(content)
    with pytest.raises(ConfigurationError, match="install cutoutd anew"):
        kernels._open(library)
