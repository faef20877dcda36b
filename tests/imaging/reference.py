"""The kernels' steps in NumPy, to which the tests hold them.

They go by tiles where the kernels go by runs of pixels: what is smooth is enlarged only in the
tiles that need it, by two small matrix products each. Paeth is not among the filters of rows.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.foreground import EDGE_SMOOTHNESS, FULL, SMOOTHNESS
from cutoutd.imaging.guided import DOUBT
from cutoutd.imaging.kernels import Windows
from cutoutd.imaging.refine import NOISE
from cutoutd.imaging.threads import blocks

Bytes = NDArray[np.uint8]
Plane = NDArray[np.float32]
SUB, UP = 1, 2
TOGETHER = 16
"""So many rows share a filter."""
JUDGED = 8
"""Of every so many pixels one is looked at to find a filter."""


class Tile(NamedTuple):
    """A rectangle of the image and the part of a coarse grid that it is enlarged from."""

    rows: slice
    columns: slice
    coarse_rows: slice
    coarse_columns: slice


def tiles(shape: tuple[int, int], coarse: tuple[int, int]) -> Iterator[Tile]:
    """Every tile of an image of this (height, width) over a grid of that (height, width)."""
    for rows in blocks(shape[0]):
        for columns in blocks(shape[1]):
            yield Tile(
                rows,
                columns,
                _beneath(rows, shape[0], coarse[0]),
                _beneath(columns, shape[1], coarse[1]),
            )


def _beneath(part: slice, full: int, coarse: int) -> slice:
    """The coarse cells that interpolation in this part of the full length looks at."""
    first = int(np.floor((part.start + 0.5) * coarse / full - 0.5))
    last = int(np.floor((part.stop - 0.5) * coarse / full - 0.5)) + 1
    return slice(max(0, min(first, coarse - 1)), min(coarse, last + 1))


def enlarged(coarse: Plane, tile: Tile, shape: tuple[int, int]) -> Plane:
    """Coarse planes in one tile, interpolated bilinearly between the centres of their cells.

    coarse: (..., h, w) of the whole image; shape: (H, W) of the image.
    Returns (..., rows, columns) of the tile.
    """
    down = _between(tile.rows, tile.coarse_rows, shape[0], coarse.shape[-2])
    across = _between(tile.columns, tile.coarse_columns, shape[1], coarse.shape[-1])
    patch = coarse[..., tile.coarse_rows, tile.coarse_columns]
    return np.asarray(down @ patch @ across.T, dtype=np.float32)


def _between(part: slice, beneath: slice, full: int, coarse: int) -> Plane:
    return _weights((part.start, part.stop), (beneath.start, beneath.stop), full, coarse)


@lru_cache(maxsize=1024)
def _weights(part: tuple[int, int], beneath: tuple[int, int], full: int, coarse: int) -> Plane:
    """(part, beneath) weights of the coarse cells for each place."""
    centre = np.clip((np.arange(*part) + 0.5) * (coarse / full) - 0.5, 0, coarse - 1)
    apart = np.abs(centre[:, np.newaxis] - np.arange(*beneath))
    return np.asarray(np.maximum(0, 1 - apart), dtype=np.float32)


def channels(rgba: Bytes, factors: Plane, shifts: Plane) -> Plane:
    """`kernels.channels`."""
    planes = np.moveaxis(rgba[..., :3], -1, 0) * factors[:, np.newaxis, np.newaxis]
    planes -= shifts[:, np.newaxis, np.newaxis]
    return planes


def guided_fit(guide: Plane, target: Plane, *, radius: int, epsilon: float) -> Plane:
    """`guided.fit`."""
    return _fitted(guide, target, radius, epsilon)


def _fitted(guide: Plane, target: Plane, radius: int, epsilon: float) -> Plane:
    """`fit` for one part of the grid, right where its windows are whole."""
    planes = np.zeros((15, *target.shape), dtype=np.float32)
    planes[:3], planes[3] = guide, target
    np.multiply(guide, target, out=planes[4:7])
    np.multiply(guide, guide[0], out=planes[7:10])
    np.multiply(guide[1:], guide[1], out=planes[10:12])
    np.multiply(guide[2], guide[2], out=planes[12])
    np.multiply(target, target, out=planes[13])
    planes[14, :, 1:] = target[:, 1:] != target[:, :-1]
    planes[14, 1:] += target[1:] != target[:-1]
    share = 1 / (_seen(target.shape[0], radius)[:, np.newaxis] * _seen(target.shape[1], radius))
    means = _box(planes, radius)
    means *= share
    colors, level = means[:3], means[3]
    shared = means[4:7] - colors * level
    first, second, third = means[7:10], means[10:12], means[12]
    first -= colors * colors[0]
    second -= colors[1:] * colors[1]
    third -= colors[2] * colors[2]
    for diagonal in (first[:1], second[:1], third):
        np.add(diagonal, np.float32(epsilon), out=diagonal)
    slopes = _solved(first, second, third, shared.copy())
    changes = means[14] > 0  # Elsewhere the fit is the target, not but for rounding.
    left = means[13] - level * level - (slopes * shared).sum(axis=0)
    averaged = np.zeros((6, *target.shape), dtype=np.float32)
    np.copyto(averaged[:3], slopes, where=changes)
    averaged[3] = np.where(changes, level - (slopes * colors).sum(axis=0), target)
    np.maximum(left, 0, out=averaged[4], where=changes)
    averaged[5] = 1 / (averaged[4] + np.float32(DOUBT))
    averaged[:5] *= averaged[5]
    averaged = _box(averaged, radius)
    averaged[:5] /= averaged[5]
    return averaged[:5]


def _solved(first: Plane, second: Plane, third: Plane, right: Plane) -> Plane:
    """Solve symmetric 3 x 3 systems, in place, by their factors L D L^T.

    first: (3, ...), the first row of each matrix; second: (2, ...), of the second what is left;
    third: of the third. right: (3, ...). Epsilon keeps every pivot positive.
    """
    down, far = first[1] / first[0], first[2] / first[0]
    second[0] -= down * first[1]
    second[1] -= down * first[2]
    across = second[1] / second[0]
    third -= far * first[2] + across * second[1]
    x, y, z = right
    y -= down * x
    z -= far * x + across * y
    z /= third
    y /= second[0]
    y -= across * z
    x /= first[0]
    x -= down * y + far * z
    return right


def guided_apply(coefficients: Plane, rgba: Bytes) -> Bytes:
    """`guided.apply`."""
    height, width = rgba.shape[:2]
    alpha = np.empty((height, width), dtype=np.uint8)
    for tile in tiles((height, width), (coefficients.shape[1], coefficients.shape[2])):
        alpha[tile.rows, tile.columns] = _applied_in(tile, coefficients, rgba)
    return alpha


def _applied_in(tile: Tile, coefficients: Plane, rgba: Bytes) -> Plane:
    """Levels of one tile, rounded: (rows, columns), or (1, 1) where all are the same."""
    near = coefficients[:, tile.coarse_rows, tile.coarse_columns]
    flat = not near[:3].any() and np.ptp(near[3]) == 0
    planes = near[:, :1, :1].copy() if flat else enlarged(coefficients, tile, rgba.shape[:2])
    levels: Plane = planes[3]
    levels *= 255
    for color in range(0 if flat else 3):
        planes[color] *= rgba[tile.rows, tile.columns, color]
        levels += planes[color]
    return np.rint(np.clip(levels, 0, 255, out=levels), out=levels)


def _box(planes: Plane, radius: int) -> Plane:
    """The sum over the square window around each pixel; beyond the frame is nothing."""
    count, height, width = planes.shape
    rows = planes.copy()
    total = np.empty((count, height, width), dtype=np.float32)
    for step in range(1, radius + 1):
        rows[:, step:] += planes[:, :-step]
        rows[:, :-step] += planes[:, step:]
    total[...] = rows
    for step in range(1, radius + 1):
        total[..., step:] += rows[..., :-step]
        total[..., :-step] += rows[..., step:]
    return total


@cache
def _seen(length: int, radius: int) -> Plane:
    """How many places of a line each window of it holds."""
    place = np.arange(length)
    first, last = np.maximum(place - radius, 0), np.minimum(place + radius, length - 1)
    return (last - first + 1).astype(np.float32)


def refine(mask: Bytes, rgba: Bytes, correction: Plane, colors: Plane) -> Bytes:
    """`refine.refine`. correction: residual and variance, (2, h, w)."""
    mask = mask.copy()
    shape = (mask.shape[0], mask.shape[1])
    over, under = (tiles(shape, (grid.shape[1], grid.shape[2])) for grid in (correction, colors))
    for tile, color_tile in zip(over, under, strict=True):
        if not correction[:, tile.coarse_rows, tile.coarse_columns].any():
            continue
        place = (tile.rows, tile.columns)
        residual, variance = enlarged(correction, tile, shape)
        alpha = np.clip(mask[place] / np.float32(FULL) + residual, 0, 1)
        near = enlarged(colors, color_tile, shape)
        mask[place] = np.rint(_moved(alpha, variance, rgba[place], near) * FULL)
    return mask


def _moved(alpha: Plane, variance: Plane, rgba: Bytes, near: Plane) -> Plane:
    """Alpha of that variance, moved along the line between the colours near by: (6, h, w).

    What lies between 0 and 1 varies by at most alpha (1 - alpha), so none becomes soft that is not.
    """
    back, apart = near[3:], near[:3] - near[3:]
    along = (apart * (np.moveaxis(rgba[..., :3], -1, 0) - back)).sum(axis=0)
    length = (apart * apart).sum(axis=0)
    trust = np.minimum(variance, alpha * (1 - alpha)) / np.float32(NOISE**2)
    return np.asarray(np.clip((alpha + trust * along) / (1 + trust * length), 0, 1))


def relax(coarse: Plane, seen: Plane, alpha: Plane, omegas: Plane) -> Plane:
    """`foreground._relax`."""
    height, width = alpha.shape
    start = coarse.repeat(2, axis=2).repeat(2, axis=3)[..., :height, :width]
    return _relaxed(start, seen, alpha, omegas)


def _relaxed(front_back: Plane, seen: Plane, alpha: Plane, omegas: Plane) -> Plane:
    down = np.float32(SMOOTHNESS) + np.float32(EDGE_SMOOTHNESS) * np.abs(np.diff(alpha, axis=0))
    across = np.float32(SMOOTHNESS) + np.float32(EDGE_SMOOTHNESS) * np.abs(np.diff(alpha, axis=1))
    weight = np.full_like(alpha, SMOOTHNESS)
    _add_neighbours(weight, np.ones_like(alpha), down, across)
    mix = np.stack([alpha, 1 - alpha])[:, np.newaxis]
    gain = mix / (weight + (mix * mix).sum(axis=0))
    before = front_back
    for omega in omegas:
        mean = front_back * np.float32(SMOOTHNESS)
        _add_neighbours(mean, front_back, down, across)
        mean /= weight
        # Per pixel, minimise (I - alpha F - rest B)^2 + weight (|F - mean F|^2 + |B - mean B|^2).
        missing = seen - (mix * mean).sum(axis=0)
        mean += gain * missing
        mean -= before
        mean *= omega
        mean += before
        before, front_back = front_back, mean
    return np.clip(front_back, 0, FULL, out=front_back)


def _add_neighbours(total: Plane, planes: Plane, down: Plane, across: Plane) -> None:
    """Add to each pixel its four neighbours, weighted by the edges between them."""
    total[..., 1:, :] += down * planes[..., :-1, :]
    total[..., :-1, :] += down * planes[..., 1:, :]
    total[..., 1:] += across * planes[..., :-1]
    total[..., :-1] += across * planes[..., 1:]


def unmix(rgba: Bytes, alpha: Bytes, coarse: Plane | None) -> Bytes:
    """`foreground.unmix`."""
    rgba = rgba.copy()
    shape = alpha.shape
    whole = rgba.view(np.uint32)[..., 0]
    for tile in tiles(shape, shape if coarse is None else coarse.shape[-2:]):
        place = (tile.rows, tile.columns)
        levels = alpha[place]
        most, least = levels.max(), levels.min()
        if most == 0:
            whole[place] = 0
            continue
        if coarse is not None and least < FULL:
            _unmix(rgba[place], levels, enlarged(coarse, tile, shape))
        rgba[place][..., 3] = levels
        if least == 0:
            np.copyto(whole[place], 0, where=levels == 0)
    return rgba


def _unmix(pixels: Bytes, levels: Bytes, coarse: Plane) -> None:
    """Write F over I: of the pairs that give I, the one nearest to the coarse F and B.

    pixels: (h, w, 4), of which only soft ones change; levels: (h, w) of alpha; coarse: (6, h, w).
    """
    soft = np.flatnonzero((levels - np.uint8(1)) < FULL - 1)
    whole = pixels.view(np.uint32).flatten()
    mixed = whole.take(soft).view(np.uint8).reshape(-1, 4)
    alpha = levels.take(soft) / np.float32(FULL)
    rest = 1 - alpha
    pull = alpha / (alpha * alpha + rest * rest)
    for color, front_back in enumerate(coarse.reshape(2, 3, -1).swapaxes(0, 1)):
        front, back = (plane.take(soft) for plane in front_back)
        missing = mixed[:, color] - (alpha * front + rest * back)
        front += pull * missing
        mixed[:, color] = np.rint(np.clip(front, 0, FULL, out=front), out=front)
    whole[soft] = mixed.view(np.uint32)[:, 0]
    pixels.view(np.uint32)[..., 0] = whole.reshape(levels.shape)


def filter_block(rows: Bytes, channels: int, part: slice, target: Bytes) -> None:
    """One block of `png_filter.filter_rows`, without Paeth."""
    block = rows[part]
    above = rows[part.start - 1] if part.start else np.zeros_like(rows[0])
    for run, kind in _runs(block, above, channels):
        target[run, 0] = kind
        if kind == SUB:
            _subtract_left(block[run], target[run, 1:], channels)
        else:
            _subtract_above(block, above, run, target[run, 1:])


def _subtract_left(block: Bytes, target: Bytes, channels: int) -> None:
    target[:, :channels] = block[:, :channels]
    np.subtract(block[:, channels:], block[:, :-channels], out=target[:, channels:])


def _subtract_above(block: Bytes, above: Bytes, run: slice, target: Bytes) -> None:
    if run.start == 0:
        np.subtract(block[0], above, out=target[0])
        np.subtract(block[1 : run.stop], block[: run.stop - 1], out=target[1:])
    else:
        np.subtract(block[run], block[run.start - 1 : run.stop - 1], out=target)


def _runs(block: Bytes, above: Bytes, channels: int) -> Iterator[tuple[slice, int]]:
    """Consecutive rows and their filter, SUB or UP.

    Judged by one channel of some pixels: green, if there is colour.
    """
    judged = slice(min(1, channels - 1), None, channels)
    levels, higher = block[:, judged], above[np.newaxis, judged]
    shown = levels[:, 1::JUDGED]
    left = shown - levels[:, :-1:JUDGED]
    up = shown - np.concatenate([higher[:, 1::JUDGED], shown[:-1]])
    starts = np.arange(0, len(block), TOGETHER)
    kinds = np.where(np.add.reduceat(_sizes(left) - _sizes(up), starts) < 0, SUB, UP)
    changes = [0, *starts[1:][kinds[1:] != kinds[:-1]].tolist(), len(block)]
    for top, bottom in pairwise(changes):
        yield slice(top, bottom), int(kinds[top // TOGETHER])


def _sizes(differences: Bytes) -> NDArray[np.int64]:
    """What is left in each row."""
    sizes = np.abs(differences.view(np.int8)).view(np.uint8)
    return np.asarray(sizes.sum(axis=1, dtype=np.int64))


def means(pixels: Bytes, down: Windows, across: Windows) -> Bytes:
    """The mean over each window of rows and columns, rounded."""
    rows = [pixels[top:bottom].astype(float).mean(0) for top, bottom in zip(*down, strict=True)]
    wide = np.stack(rows)
    cells = [wide[:, left:right].mean(1) for left, right in zip(*across, strict=True)]
    return np.floor(np.stack(cells, axis=1) + 0.5).astype(np.uint8)
