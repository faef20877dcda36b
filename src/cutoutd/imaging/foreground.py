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
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.resize import Shrunk, reduce
from cutoutd.imaging.threads import each, strips
from cutoutd.imaging.tiles import Plane, enlarged, tiles

FULL = 255
COARSE_PIXELS = 40_000
"""The grid on which colours are spread has about as many cells."""
SMOOTHNESS = np.float32(1e-5)
"""How strongly neighbours want the same colour even where alpha is flat; Germer's epsilon_r."""
EDGE_SMOOTHNESS = np.float32(1)
"""And how strongly where alpha changes; Germer's omega."""
STEPS = (3, 12, 40)
"""Of relaxation on the finest grid, on the next one, and on coarser ones; at most a grid's side."""
SPECTRAL_RADIUS = 0.99
"""Of what the steps are made for; whatever changes more slowly comes from coarser grids."""
LEAST_ROWS = 64
"""A thinner strip of the picture is not worth a thread."""


def cut_out(rgba: NDArray[np.uint8], alpha: NDArray[np.uint8], *, colors: Plane | None) -> None:
    """Make a picture a cutout, in place: alpha in its fourth channel, the subject's colours.

    rgba: (H, W, 4); alpha: (H, W). Where alpha is 255 the colours stay as they are, where it
    is 0 all four channels become 0, and between they become the foreground, estimated from
    `colors`, which come from `spread`; without them they stay as they are.
    """
    if not kernels.compiled():
        _cut_out_tiles(rgba, alpha, colors)
        return  # Of tiles so small that two threads would wait for the interpreter lock.

    def fill(rows: slice) -> None:
        kernels.cut_out(colors, rgba, alpha, rows)

    each(fill, strips(len(alpha), least=LEAST_ROWS))


def shares(small: Shrunk, levels: NDArray[np.uint8]) -> Plane:
    """Alpha on the coarse grid of `spread`, (h, w), 0..1, from that of the small picture."""
    coarse = reduce(levels, _further(small))
    return coarse.astype(np.float32) / np.float32(FULL)


def spread(small: Shrunk, share: Plane) -> Plane:
    """The colours of subject and background everywhere, also where the other hides them.

    small: the picture reduced; share: from `shares`. Returns (6, h, w): the foreground's red,
    green and blue, then the background's, in levels.
    """
    seen = reduce(small.pixels, _further(small))[..., :3].astype(np.float32)
    return _spread(np.ascontiguousarray(np.moveaxis(seen, -1, 0)), share)


def _further(small: Shrunk) -> int:
    """The factor from the small picture to the coarse grid."""
    height, width = small.pixels.shape[:2]
    return max(1, round(math.sqrt(height * width / COARSE_PIXELS)))


def _cut_out_tiles(rgba: NDArray[np.uint8], alpha: NDArray[np.uint8], coarse: Plane | None) -> None:
    """`cut_out` in NumPy."""
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


def _unmix(pixels: NDArray[np.uint8], levels: NDArray[np.uint8], coarse: Plane) -> None:
    """Write F over I: of the pairs that give I, the one nearest to the coarse F and B.

    pixels: (h, w, 4), of which only soft ones change; levels: (h, w) of alpha; coarse: (6, h, w).
    """
    soft = np.flatnonzero((levels - np.uint8(1)) < FULL - 1)
    whole = pixels.view(np.uint32).flatten()
    mixed = whole.take(soft).view(np.uint8).reshape(-1, 4)
    alpha = levels.take(soft) / np.float32(FULL)
    rest = 1 - alpha
    share = alpha / (alpha * alpha + rest * rest)
    for color, front_back in enumerate(coarse.reshape(2, 3, -1).swapaxes(0, 1)):
        front, back = (plane.take(soft) for plane in front_back)
        missing = mixed[:, color] - (alpha * front + rest * back)
        front += share * missing
        mixed[:, color] = np.rint(np.clip(front, 0, FULL, out=front), out=front)
    whole[soft] = mixed.view(np.uint32)[:, 0]
    pixels.view(np.uint32)[..., 0] = whole.reshape(levels.shape)


def _spread(colors: Plane, alpha: Plane) -> Plane:
    """(6, h, w): foreground and background colours everywhere, from coarse to fine."""
    pyramid = [np.concatenate([colors, alpha[np.newaxis]])]
    while max(pyramid[-1].shape[1:]) > 2:
        pyramid.append(_halved(pyramid[-1]))
    front_back = np.empty((2, 3, 1, 1), dtype=np.float32)
    front_back[0, :, 0, 0] = _mean_color(colors, alpha)
    front_back[1, :, 0, 0] = _mean_color(colors, 1 - alpha)
    for level, seen in reversed(list(enumerate(pyramid))):
        steps = min(STEPS[min(level, len(STEPS) - 1)], max(seen.shape[1:]))
        front_back = _relaxed(front_back, seen[:3], seen[3], steps=steps)
    return front_back.reshape(6, *alpha.shape)


def _relaxed(coarse: Plane, seen: Plane, alpha: Plane, *, steps: int) -> Plane:
    """Accelerated Jacobi steps on Germer's cost: explain the pixel, agree with the neighbours.

    coarse: (2, 3, ceil(h / 2), ceil(w / 2)), where they begin; seen: (3, h, w); alpha: (h, w).
    Returns (2, 3, h, w).
    """
    paces = np.array(list(_paces(steps)), dtype=np.float32)
    if not kernels.compiled():
        height, width = alpha.shape
        start = coarse.repeat(2, axis=2).repeat(2, axis=3)[..., :height, :width]
        return _relaxed_in_numpy(start, seen, alpha, paces)
    front_back = np.empty((2, 3, *alpha.shape), dtype=np.float32)
    kernels.relax(
        coarse,
        seen,
        alpha,
        paces,
        front_back,
        smooth=float(SMOOTHNESS),
        edge=float(EDGE_SMOOTHNESS),
    )
    return front_back


def _relaxed_in_numpy(front_back: Plane, seen: Plane, alpha: Plane, paces: Plane) -> Plane:
    down = SMOOTHNESS + EDGE_SMOOTHNESS * np.abs(np.diff(alpha, axis=0))
    across = SMOOTHNESS + EDGE_SMOOTHNESS * np.abs(np.diff(alpha, axis=1))
    weight = np.full_like(alpha, SMOOTHNESS)
    _add_neighbours(weight, np.ones_like(alpha), down, across)
    shares = np.stack([alpha, 1 - alpha])[:, np.newaxis]
    gain = shares / (weight + (shares * shares).sum(axis=0))
    before = front_back
    for pace in paces:
        mean = front_back * SMOOTHNESS
        _add_neighbours(mean, front_back, down, across)
        mean /= weight
        # Per pixel, minimise (I - alpha F - rest B)^2 + weight (|F - mean F|^2 + |B - mean B|^2).
        missing = seen - (shares * mean).sum(axis=0)
        mean += gain * missing
        mean -= before
        mean *= pace
        mean += before
        before, front_back = front_back, mean
    return np.clip(front_back, 0, FULL, out=front_back)


def _paces(steps: int) -> Iterator[float]:
    """How far each step goes, beyond the step before the last."""
    pace = 1.0
    for step in range(steps):
        yield pace
        pace = 1 / (1 - (pace if step else 2.0) * (SPECTRAL_RADIUS / 2) ** 2)


def _add_neighbours(total: Plane, planes: Plane, down: Plane, across: Plane) -> None:
    """Add to each pixel its four neighbours, weighted by the edges between them."""
    total[..., 1:, :] += down * planes[..., :-1, :]
    total[..., :-1, :] += down * planes[..., 1:, :]
    total[..., 1:] += across * planes[..., :-1]
    total[..., :-1] += across * planes[..., 1:]


def _mean_color(colors: Plane, weight: Plane) -> Plane:
    total = float(weight.sum())
    if total == 0:
        return np.asarray(colors.mean(axis=(1, 2)))
    return np.asarray((colors * weight).sum(axis=(1, 2)) / np.float32(total))


def _halved(planes: Plane) -> Plane:
    """(n, h, w): each square of four as its mean; a last odd row or column counts twice."""
    if planes.shape[1] % 2:
        planes = np.concatenate([planes, planes[:, -1:]], axis=1)
    if planes.shape[2] % 2:
        planes = np.concatenate([planes, planes[..., -1:]], axis=2)
    rows = planes[:, ::2] + planes[:, 1::2]
    total = rows[..., ::2] + rows[..., 1::2]
    total *= np.float32(0.25)
    return total
