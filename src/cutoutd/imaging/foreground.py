"""Foreground estimation: the colours of the subject without the background's share.

A soft pixel shows I = alpha F + (1 - alpha) B. The colours around it tell F and B roughly, and
roughly is enough on a coarse grid; the equation itself then corrects them at every pixel.

Source of the coarse part: Germer, Uelwer, Conrad and Harmeling 2020, "Fast Multi-Level
Foreground Estimation", relaxed by Chebyshev's semi-iteration (Golub and Varga 1961), which comes
as near to the minimum in ten steps as plain ones do in a hundred. Source of the correction: Forte
2021, "Approximate Fast Foreground Colour Estimation"; ours moves F and B to the nearest pair that
satisfies the equation.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.resize import Shrunk, reduce, resize_plane
from cutoutd.imaging.threads import each, strips

FULL = 255
COARSE_PIXELS = 45_000
"""The grid on which colours are estimated has no more cells, but for its rounded-up sides."""
SMOOTHNESS = 1e-5
"""How strongly neighbours want the same colour even where alpha is flat; Germer's epsilon_r."""
EDGE_SMOOTHNESS = 1.0
"""And how strongly where alpha changes; Germer's omega."""
STEPS = (3, 12, 40)
"""Of relaxation on the finest grid, on the next one, and on coarser ones; at most a grid's side."""
SPECTRAL_RADIUS = 0.99
"""Of what the steps are made for; whatever changes more slowly comes from coarser grids."""
LEAST_ROWS = 64
"""A thinner strip of the image is not worth a thread."""


def estimate_colors(shrunk: Shrunk, alpha: Shrunk, residual: Plane | None = None) -> Plane:
    """The colours of subject and background everywhere, also where the other hides them.

    shrunk: the image; alpha: levels of the same size; residual: to be added to alpha, (any, any),
    -1..1. Returns (6, h, w): the foreground's red, green and blue, then the background's, in
    levels, on a grid of at most about COARSE_PIXELS cells.
    """
    factor = _grid_factor(shrunk)
    alpha_grid = reduce(alpha.pixels, factor).astype(np.float32) / np.float32(FULL)
    if residual is not None:
        alpha_grid += resize_plane(residual, alpha_grid.shape)
        np.clip(alpha_grid, 0, 1, out=alpha_grid)
    planes = np.empty((4, *alpha_grid.shape), dtype=np.float32)
    kernels.channels(reduce(shrunk.pixels, factor), planes[:3])
    planes[3] = alpha_grid
    return _multi_level(planes)


def unmix(
    rgba: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    colors: Plane | None,
    *,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """The cutout, (H, W, 4): alpha in the fourth channel, the subject's colours in the others.

    rgba: (H, W, 4); alpha: (H, W). Where alpha is 255 the colours stay as they are, where it
    is 0 all four channels become 0, and between they become the foreground, from `colors` of
    `estimate_colors`; without them they stay as they are. out: where to write it; it may be rgba.
    """
    cutout = np.empty_like(rgba) if out is None else out

    def unmix_strip(rows: slice) -> None:
        kernels.unmix(colors, rgba, alpha, rows, cutout)

    each(unmix_strip, strips(len(alpha), least=LEAST_ROWS))
    return cutout


def _grid_factor(shrunk: Shrunk) -> int:
    """From the shrunk image to the coarse grid."""
    height, width = shrunk.pixels.shape[:2]
    return math.ceil(math.sqrt(height * width / COARSE_PIXELS))


def _multi_level(planes: Plane) -> Plane:
    """planes: (4, h, w), the image's colours in levels and alpha, 0..1. Returns (6, h, w)."""
    pyramid, (seen, alpha) = [planes], (planes[:3], planes[3])
    while max(pyramid[-1].shape[1:]) > 2:
        pyramid.append(_halve(pyramid[-1]))
    front_back = np.empty((2, 3, 1, 1), dtype=np.float32)
    front_back[0, :, 0, 0] = _mean_color(seen, alpha)
    front_back[1, :, 0, 0] = _mean_color(seen, 1 - alpha)
    for level, one in reversed(list(enumerate(pyramid))):
        steps = min(STEPS[min(level, len(STEPS) - 1)], max(one.shape[1:]))
        front_back = _relax(front_back, one[:3], one[3], steps=steps)
    return front_back.reshape(6, *alpha.shape)


def _relax(coarse: Plane, seen: Plane, alpha: Plane, *, steps: int) -> Plane:
    """Accelerated Jacobi steps on Germer's cost: explain the pixel, agree with the neighbours.

    coarse: (2, 3, ceil(h / 2), ceil(w / 2)), where they begin; seen: (3, h, w); alpha: (h, w).
    Returns (2, 3, h, w).
    """
    omegas = _chebyshev_weights(steps)
    front_back = np.empty((2, 3, *alpha.shape), dtype=np.float32)
    kernels.relax(coarse, seen, alpha, omegas, front_back, smooth=SMOOTHNESS, edge=EDGE_SMOOTHNESS)
    return front_back


@cache
def _chebyshev_weights(steps: int) -> Plane:
    """The omega of each step: how far it goes, beyond the step before the last."""
    omegas, omega = np.empty(steps, dtype=np.float32), 1.0
    for step in range(steps):
        omegas[step] = omega
        omega = 1 / (1 - (omega if step else 2.0) * (SPECTRAL_RADIUS / 2) ** 2)
    return omegas


def _mean_color(colors: Plane, weight: Plane) -> Plane:
    total = float(weight.sum())
    if total == 0:
        return np.asarray(colors.mean(axis=(1, 2)))
    return np.asarray((colors * weight).sum(axis=(1, 2)) / np.float32(total))


def _halve(planes: Plane) -> Plane:
    """(n, h, w): each square of four as its mean; a last odd row or column counts twice."""
    if planes.shape[1] % 2:
        planes = np.concatenate([planes, planes[:, -1:]], axis=1)
    if planes.shape[2] % 2:
        planes = np.concatenate([planes, planes[..., -1:]], axis=2)
    rows = planes[:, ::2] + planes[:, 1::2]
    total = rows[..., ::2] + rows[..., 1::2]
    total *= np.float32(0.25)
    return total
