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
    pairs = [(one, other) for one in range(3) for other in range(one, 3)]
    planes = [*guide, target, *(color * target for color in guide)]
    planes += [guide[one] * guide[other] for one, other in pairs]
    means = _box(np.stack(planes), radius) / size
    colors, level = means[:3], means[3]
    shared = means[4:7] - colors * level
    covariance = np.empty((3, 3, *target.shape), dtype=np.float32)
    for mean, (one, other) in zip(means[7:], pairs, strict=True):
        covariance[one, other] = covariance[other, one] = mean - colors[one] * colors[other]
    covariance[range(3), range(3)] += np.float32(epsilon)
    slope = _solved(covariance, shared)
    constant = level - (slope * colors).sum(axis=0)
    return _box(np.concatenate([slope, constant[np.newaxis]]), radius) / size


def _solved(matrix: Plane, right: Plane) -> Plane:
    """Solve (3, 3, ...) symmetric systems by Cramer's rule; epsilon keeps them regular."""
    m = matrix.astype(np.float64)
    cofactors = np.stack(
        [
            [
                m[(row + 1) % 3, (column + 1) % 3] * m[(row + 2) % 3, (column + 2) % 3]
                - m[(row + 1) % 3, (column + 2) % 3] * m[(row + 2) % 3, (column + 1) % 3]
                for column in range(3)
            ]
            for row in range(3)
        ]
    )
    determinant = (m[0] * cofactors[0]).sum(axis=0)
    solved = (cofactors * right[:, np.newaxis]).sum(axis=0) / determinant
    return np.asarray(solved, dtype=np.float32)


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


def _box(planes: Plane, radius: int) -> Plane:
    """The sum over the square window around each pixel; beyond the frame is nothing."""
    height, width = planes.shape[-2:]
    margin = ((0, 0),) * (planes.ndim - 2) + ((radius, radius),) * 2
    padded = np.pad(planes, margin)
    rows = np.zeros((*padded.shape[:-2], height, padded.shape[-1]), dtype=np.float32)
    for step in range(2 * radius + 1):
        rows += padded[..., step : step + height, :]
    total = np.zeros_like(planes)
    for step in range(2 * radius + 1):
        total += rows[..., step : step + width]
    return total
