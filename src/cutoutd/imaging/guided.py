"""The guided filter: a rough alpha follows the edges of the picture that it belongs to.

In every window alpha is fitted as an affine function of the colours. On a coarse grid the fit
is cheap; applied to the full picture, its coefficients turn the picture's own edges into the
mask's.

Source: He, Sun and Tang 2013, "Guided image filtering", in the subsampled form of He and Sun
2015, "Fast guided filter". Where windows overlap, the one whose function fits better counts for
more, as in Chen and Ghanem 2019, "Weighted aggregation for guided image filtering"; ours weighs by
the variance that the function leaves.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.threads import each, strips
from cutoutd.imaging.tiles import Plane, Tile, enlarged, tiles

STRIP = 40
"""Rows that are fitted together: all planes of them fit the second-level cache."""
LEAST_ROWS = 64
"""A thinner strip of the picture is not worth a thread."""
DOUBT = 1e-4
"""The variance that every fit is believed to leave: of two perfect ones none counts for more."""


def fit(guide: Plane, target: Plane, *, radius: int, epsilon: float) -> Plane:
    """The affine functions, averaged over the windows that see a pixel, the better the more.

    guide: (3, h, w), 0..1. target: (h, w), 0..1. radius: of the square window. epsilon: the
    variance of colour below which a window counts as flat.
    Returns (5, h, w): the weights of the three colours, the constant, and the variance of the
    target that these leave unexplained.
    """
    fitted = np.zeros((5, *target.shape), dtype=np.float32)
    fitted[3] = target  # Where nothing changes near by, that is the fit.
    parts = [slice(top, min(top + STRIP, len(target))) for top in range(0, len(target), STRIP)]

    def fill(rows: slice) -> None:
        if kernels.compiled():
            kernels.guided_fit(
                guide, target, rows, fitted, radius=radius, epsilon=epsilon, doubt=DOUBT
            )
        else:
            _fit_rows(guide, target, rows, fitted, radius=radius, epsilon=epsilon)

    each(fill, parts)
    return fitted


def _fit_rows(
    guide: Plane, target: Plane, rows: slice, fitted: Plane, *, radius: int, epsilon: float
) -> None:
    """Write the coefficients of some rows, of the columns where something changes."""
    reach = 2 * radius
    seen = slice(max(0, rows.start - reach), min(len(target), rows.stop + reach))
    columns = _changing(target[seen], reach)
    if columns is None:
        return
    part = _fitted(guide[:, seen, columns], target[seen, columns], radius, epsilon)
    here = part[:, rows.start - seen.start : rows.stop - seen.start]
    left = reach * (columns.start > 0)
    right = here.shape[2] - (reach if columns.stop < target.shape[1] else 0)
    start = columns.start
    fitted[:, rows, start + left : start + right] = here[:, :, left:right]


def _changing(target: Plane, reach: int) -> slice | None:
    """The columns with everything that changes in a strip, and twice the reach around."""
    low, high = target.min(axis=0), target.max(axis=0)
    busy = low != high
    busy[1:] |= low[1:] != low[:-1]
    places = np.flatnonzero(busy)
    if not places.size:
        return None
    return slice(
        max(0, int(places[0]) - 1 - 2 * reach), min(len(busy), int(places[-1]) + 1 + 2 * reach)
    )


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


def applied(coefficients: Plane, rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Alpha of the picture: the coefficients enlarged to it, times its colours.

    coefficients: (4, h, w), from `fit`; rgba: (H, W, 4). Returns (H, W) levels.
    """
    shape, coarse = (rgba.shape[0], rgba.shape[1]), coefficients.shape[1:]
    alpha = np.empty(shape, dtype=np.uint8)
    if not kernels.compiled():
        for tile in tiles(shape, (coarse[0], coarse[1])):
            alpha[tile.rows, tile.columns] = _applied_in(tile, coefficients, rgba)
        return alpha  # So small that two threads would wait for the interpreter lock.

    def fill(rows: slice) -> None:
        kernels.guided_apply(coefficients, rgba, rows, alpha)

    parts = strips(len(alpha), least=LEAST_ROWS)
    each(fill, parts)
    return alpha


def _applied_in(tile: Tile, coefficients: Plane, rgba: NDArray[np.uint8]) -> Plane:
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
