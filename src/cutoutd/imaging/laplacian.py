"""The matting Laplacian of Levin, Lischinski and Weiss (2008), in square tiles.

Where the colours in a 3x3 window lie near a line, alpha is nearly an affine function of them.
Each window w adds to the quadratic form over its nine pixels i, j

    delta_ij - (1 + (I_i - mean)^T (cov + epsilon/9)^-1 (I_j - mean)) / 9

A tile of side T owns the T x T windows that are centred in it, and so the (T+2) x (T+2) pixels
that these cover. The entries of the tiles add up to the matrix of the image.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-7
"""pymatting's default, for colours 0..1."""
WINDOW = [(dy, dx) for dy in range(3) for dx in range(3)]
REACH = 2
"""Two pixels share a window if they are at most this far apart."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def tile_matrices(colors: Floats, windows: NDArray[np.bool_], order: Indices) -> Floats:
    """The Laplacian of many tiles as dense matrices.

    colors: (3, T+2, T+2, N) of N tiles, 0..1. windows: (T, T, N), which of them count.
    order: the pixels of a tile, row-major, in the order that rows and columns shall have.
    Returns (N, (T+2)^2, (T+2)^2).
    """
    side = colors.shape[1]
    stencil = _stencil(_whiten(colors), windows)
    source, target = _dense_places(side, tuple(order.tolist()))
    matrices = np.zeros((colors.shape[-1], side**4))
    matrices[:, target] = stencil.reshape(-1, colors.shape[-1])[source].T
    return matrices.reshape(-1, side**2, side**2)


def _whiten(colors: Floats) -> Floats:
    """(9, 3, T, T, N): each window's colours minus mean, times the inverse root of cov."""
    inside = colors.shape[1] - 2
    seen = [colors[:, dy : dy + inside, dx : dx + inside] for dy, dx in WINDOW]
    apart = np.stack(seen)
    apart -= apart.mean(axis=0)

    def covariance(one: int, other: int) -> Floats:
        total: Floats = np.einsum("kyxn,kyxn->yxn", apart[:, one], apart[:, other])
        return (total + (EPSILON if one == other else 0)) / 9

    # Cholesky by hand: an adjugate would lose all digits where a window is nearly one colour.
    red = np.sqrt(covariance(0, 0))
    green_red, blue_red = covariance(0, 1) / red, covariance(0, 2) / red
    green = np.sqrt(covariance(1, 1) - green_red**2)
    blue_green = (covariance(1, 2) - blue_red * green_red) / green
    blue = np.sqrt(covariance(2, 2) - blue_red**2 - blue_green**2)
    apart[:, 0] /= red
    apart[:, 1] = (apart[:, 1] - green_red * apart[:, 0]) / green
    apart[:, 2] = (apart[:, 2] - blue_red * apart[:, 0] - blue_green * apart[:, 1]) / blue
    return apart


def _stencil(white: Floats, windows: NDArray[np.bool_]) -> Floats:
    """(5, 5, T+2, T+2, N): the entry between a pixel and the one so far from it."""
    inside, count = white.shape[2], white.shape[-1]
    stencil = np.zeros((5, 5, inside + 2, inside + 2, count))
    share = windows / -9.0
    entry, product = np.empty(share.shape), np.empty(share.shape)
    for one, (top, left) in enumerate(WINDOW):
        for other, (low, right) in enumerate(WINDOW[one:], start=one):
            np.multiply(white[one, 0], white[other, 0], out=entry)
            for axis in (1, 2):
                np.multiply(white[one, axis], white[other, axis], out=product)
                entry += product
            entry += 1.0 if one != other else -8.0
            entry *= share
            down, across = low - top, right - left
            rows, columns = slice(top, top + inside), slice(left, left + inside)
            stencil[REACH + down, REACH + across, rows, columns] += entry
            if one != other:
                rows, columns = slice(low, low + inside), slice(right, right + inside)
                stencil[REACH - down, REACH - across, rows, columns] += entry
    return stencil


@cache
def _dense_places(side: int, order: tuple[int, ...]) -> tuple[Indices, Indices]:
    """Where the entries of a stencil are, flat, and where they go in a dense matrix."""
    place = np.argsort(np.array(order))
    pixels = np.arange(side**2)
    row, column = np.divmod(pixels, side)
    source, target = [], []
    for down in range(-REACH, REACH + 1):
        for across in range(-REACH, REACH + 1):
            inside = (row + down >= 0) & (row + down < side)
            inside &= (column + across >= 0) & (column + across < side)
            here = pixels[inside]
            offset = (down + REACH) * 5 + across + REACH
            source.append(offset * side**2 + here)
            target.append(place[here] * side**2 + place[here + down * side + across])
    return np.concatenate(source), np.concatenate(target)
