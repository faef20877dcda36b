"""A mask is refined by what the network and the colours near by still say of it.

The guided filter smooths the network's answer; but an answer for a square of the picture is, as
nearly as the network can tell, the mean of alpha over that square. What a mask lacks of it is given
back. And wherever no affine function of the colours explains the answer, it may be off by a few
pixels, as networks are at every edge; there the pixel's own place on the line between the colours
of subject and background near by counts as well, each as far as it can be trusted.

Source of the first: back-projection, Irani and Peleg 1991, "Improving resolution by image
registration". Of the second: alpha as the projection on the line from background to foreground,
Chuang, Curless, Salesin and Szeliski 2001, "A Bayesian approach to digital matting", with the
mask as its prior.
"""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.foreground import FULL, shares, spread
from cutoutd.imaging.resize import Shrunk, box_resize, resize_plane, shrink
from cutoutd.imaging.threads import each, strips
from cutoutd.imaging.tiles import Plane, enlarged, tiles

NOISE = 6.0
"""Levels by which a colour differs from its estimate."""
LEAST_LACK, LEAST_VARIANCE = 1 / FULL, 1e-5
"""Less would not be seen."""
LEAST_ROWS = 64
"""A thinner strip of the picture is not worth a thread."""


def refine(
    mask: NDArray[np.uint8],
    rgba: NDArray[np.uint8],
    probability: Plane,
    variance: Plane,
    *,
    small: Shrunk,
) -> Plane:
    """Refine a mask, in place; return the colours of `foreground.spread` that it took.

    mask: (H, W) levels; rgba: (H, W, 4); probability: (h, w), 0..1, the network's answer for
    the whole picture; variance: (h, w) of that answer, as `guided.fit` leaves it; small: the
    picture reduced.
    """
    levels = shrink(mask, small.factor)
    seen = box_resize(levels, probability.shape)
    lacks = probability - seen.astype(np.float32) / np.float32(FULL)
    lacks[np.abs(lacks) < LEAST_LACK] = 0
    doubts = np.where(variance < LEAST_VARIANCE, np.float32(0), variance)
    share = shares(small, levels.pixels)
    share += resize_plane(lacks, share.shape)
    colors = spread(small, np.clip(share, 0, 1, out=share))
    evidence = np.stack([lacks, doubts])
    if not kernels.compiled():
        _refine_tiles(mask, rgba, evidence, colors)
        return colors

    def fill(rows: slice) -> None:
        kernels.refine(evidence, colors, rgba, rows, mask, noise=NOISE)

    each(fill, strips(len(mask), least=LEAST_ROWS))
    return colors


def _refine_tiles(
    mask: NDArray[np.uint8], rgba: NDArray[np.uint8], evidence: Plane, colors: Plane
) -> None:
    """`refine` in NumPy."""
    shape = (mask.shape[0], mask.shape[1])
    over, under = (tiles(shape, (grid.shape[1], grid.shape[2])) for grid in (evidence, colors))
    for tile, color_tile in zip(over, under, strict=True):
        if not evidence[:, tile.coarse_rows, tile.coarse_columns].any():
            continue
        place = (tile.rows, tile.columns)
        lacks, variance = enlarged(evidence, tile, shape)
        alpha = np.clip(mask[place] / np.float32(FULL) + lacks, 0, 1)
        near = enlarged(colors, color_tile, shape)
        mask[place] = np.rint(_moved(alpha, variance, rgba[place], near) * FULL)


def _moved(alpha: Plane, variance: Plane, rgba: NDArray[np.uint8], near: Plane) -> Plane:
    """Alpha of that variance, moved along the line between the colours near by: (6, h, w).

    What lies between 0 and 1 varies by at most alpha (1 - alpha), so none becomes soft that is not.
    """
    back, apart = near[3:], near[:3] - near[3:]
    along = (apart * (np.moveaxis(rgba[..., :3], -1, 0) - back)).sum(axis=0)
    length = (apart * apart).sum(axis=0)
    trust = np.minimum(variance, alpha * (1 - alpha)) / np.float32(NOISE**2)
    return np.asarray(np.clip((alpha + trust * along) / (1 + trust * length), 0, 1))
