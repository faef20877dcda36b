"""A mask refined by back-projection, and by the colours of subject and background.

The guided filter smooths the network's prediction; but a prediction for a square of the image is,
as nearly as the network can tell, the mean of alpha over that square. The residual, what a mask
lacks of it, is added back. And wherever no affine function of the colours explains the prediction,
it may be off by a few pixels, as networks are at every edge; there the pixel's own place on the
line between the colours of subject and background near by counts as well, each as far as its
variance allows.

Source of the first: back-projection, Irani and Peleg 1991, "Improving resolution by image
registration". Of the second: alpha as the projection on the line from background to foreground,
Chuang, Curless, Salesin and Szeliski 2001, "A Bayesian approach to digital matting", with the
mask as its prior.
"""

import numpy as np

from cutoutd.imaging import kernels
from cutoutd.imaging.kernels import Bytes, Plane
from cutoutd.imaging.resize import Shrunk, box_resize
from cutoutd.imaging.threads import each, strips

FULL = 255
NOISE = 6.0
"""Levels by which a colour differs from its estimate."""
LEAST_RESIDUAL, LEAST_VARIANCE = 1 / FULL, 1e-5
"""Less would not be seen."""
LEAST_ROWS = 64
"""A thinner strip of the image is not worth a thread."""


def back_project(probability: Plane, mask: Shrunk) -> Plane:
    """The residual: what a mask lacks of the network's prediction, (h, w), -1..1.

    probability: (h, w), 0..1, for the whole image. mask: levels of the whole image.
    """
    means = box_resize(mask, probability.shape)
    residual = probability - means.astype(np.float32) / np.float32(FULL)
    residual[np.abs(residual) < LEAST_RESIDUAL] = 0
    return residual


def refine(
    mask: Bytes,
    rgba: Bytes,
    residual: Plane,
    variance: Plane,
    colors: Plane,
    *,
    out: Bytes | None = None,
) -> Bytes:
    """The mask, (H, W) levels, corrected by the residual and by the colours.

    mask: (H, W); rgba: (H, W, 4); residual: (h, w), of `back_project`; variance: (h, w), of
    `mask.upsample`; colors: (6, any, any), of `foreground.estimate_colors`. out: where to write
    it; it may be mask.
    """
    variance = np.where(variance < LEAST_VARIANCE, np.float32(0), variance)
    correction = np.stack([residual, variance])
    refined = np.empty_like(mask) if out is None else out

    def refine_strip(rows: slice) -> None:
        refined[rows] = mask[rows]
        kernels.refine(correction, colors, rgba, rows, refined, noise=NOISE)

    each(refine_strip, strips(len(mask), least=LEAST_ROWS))
    return refined
