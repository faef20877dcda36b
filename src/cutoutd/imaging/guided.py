"""The guided filter: a rough alpha follows the edges of the picture that it belongs to.

In every window alpha is fitted as an affine function of the colours. On a coarse grid the fit
is cheap; applied to the full picture, its coefficients turn the picture's own edges into the
mask's.

Source: He, Sun and Tang 2013, "Guided image filtering", in the subsampled form of He and Sun
2015, "Fast guided filter".
"""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.tiles import Plane, Tile, enlarged


def fit(guide: Plane, target: Plane, *, radius: int, epsilon: float) -> Plane:
    """The coefficients of the affine functions, averaged over the windows that see a pixel.

    guide: (3, h, w), 0..1. target: (h, w), 0..1. radius: of the square window. epsilon: the
    variance of colour below which a window counts as flat.
    Returns (4, h, w): the weights of the three colours, and the constant.
    """
    size = _box(np.ones_like(target), radius)

    def mean(plane: Plane) -> Plane:
        return _box(plane, radius) / size

    colors = [mean(color) for color in guide]
    level = mean(target)
    covariance = np.empty((*target.shape, 3, 3), dtype=np.float32)
    shared = np.empty((*target.shape, 3), dtype=np.float32)
    for one in range(3):
        shared[..., one] = mean(guide[one] * target) - colors[one] * level
        for other in range(one, 3):
            entry = mean(guide[one] * guide[other]) - colors[one] * colors[other]
            covariance[..., one, other] = covariance[..., other, one] = entry
        covariance[..., one, one] += epsilon
    slope = _solved(covariance, shared)
    constant = level - sum(slope[..., axis] * colors[axis] for axis in range(3))
    return np.stack([*(mean(slope[..., axis]) for axis in range(3)), mean(constant)])


def _solved(matrix: Plane, right: Plane) -> Plane:
    """Solve (..., 3, 3) symmetric systems by Cramer's rule; epsilon keeps them regular."""
    m = np.moveaxis(matrix, (-2, -1), (0, 1)).astype(np.float64)
    cofactors = [
        [
            m[(row + 1) % 3, (column + 1) % 3] * m[(row + 2) % 3, (column + 2) % 3]
            - m[(row + 1) % 3, (column + 2) % 3] * m[(row + 2) % 3, (column + 1) % 3]
            for column in range(3)
        ]
        for row in range(3)
    ]
    determinant = sum(m[0, column] * cofactors[0][column] for column in range(3))
    solved = [
        sum(cofactors[row][column] * right[..., row] for row in range(3)) / determinant
        for column in range(3)
    ]
    return np.stack(solved, axis=-1).astype(np.float32)


def applied(
    coefficients: Plane, rgba: NDArray[np.uint8], tile: Tile, shape: tuple[int, int]
) -> Plane:
    """Alpha in one tile: the coefficients enlarged to it, times the colours of the picture.

    coefficients: from `fit`; rgba: (H, W, 4). Returns (rows, columns), not clipped.
    """
    planes = enlarged(coefficients, tile, shape)
    alpha: Plane = planes[3]
    for color in range(3):
        planes[color] *= rgba[tile.rows, tile.columns, color]
        planes[color] *= np.float32(1 / 255)
        alpha += planes[color]
    return alpha


def _box(plane: Plane, radius: int) -> Plane:
    """The sum over the square window around each pixel; beyond the frame is nothing."""
    for axis in (0, 1):
        rows = np.moveaxis(plane, axis, 0)
        total = np.zeros((len(rows) + 2 * radius + 1, rows.shape[1]), dtype=np.float64)
        np.cumsum(rows, axis=0, out=total[radius + 1 : radius + 1 + len(rows)])
        total[radius + 1 + len(rows) :] = total[radius + len(rows)]
        window = total[2 * radius + 1 :] - total[: len(rows)]
        plane = np.moveaxis(window, 0, axis).astype(np.float32)
    return plane
