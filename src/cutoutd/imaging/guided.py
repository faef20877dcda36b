"""The guided filter: a rough alpha follows the edges of the image that it belongs to.

In every window alpha is fitted as an affine function of the colours. On a coarse grid the fit
is cheap; applied to the full image, its coefficients turn the image's own edges into the
mask's.

Source: He, Sun and Tang 2013, "Guided image filtering", in the subsampled form of He and Sun
2015, "Fast guided filter". Where windows overlap, the one whose function fits better counts for
more, as in Chen and Ghanem 2019, "Weighted aggregation for guided image filtering"; ours weighs by
the variance that the function leaves.
"""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.threads import each, strips

STRIP = 40
"""Rows that are fitted together: all planes of them fit the second-level cache."""
LEAST_ROWS = 64
"""A thinner strip of the image is not worth a thread."""
DOUBT = 1e-4
"""The variance that every fit is believed to leave: of two perfect ones none counts for more."""


def fit(guide: Plane, target: Plane, *, radius: int, epsilon: float) -> Plane:
    """The affine functions, averaged over the windows that see a pixel, the better the more.

    guide: (3, h, w), 0..1. target: (h, w), 0..1. radius: of the square window. epsilon: the
    variance of colour below which a window counts as flat.
    Returns (5, h, w): the weights of the three colours, the constant, and the variance of the
    target that these leave unexplained. Where nothing changes near by, the constant is the target.
    """
    fitted = np.empty((5, *target.shape), dtype=np.float32)

    def fit_strip(rows: slice) -> None:
        kernels.guided_fit(guide, target, rows, fitted, radius=radius, epsilon=epsilon, doubt=DOUBT)

    each(
        fit_strip,
        [slice(top, min(top + STRIP, len(target))) for top in range(0, len(target), STRIP)],
    )
    return fitted


def apply(coefficients: Plane, rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Alpha of the image: the coefficients enlarged to it, times its colours.

    coefficients: (4, h, w), from `fit`; rgba: (H, W, 4). Returns (H, W) levels.
    """
    alpha = np.empty(rgba.shape[:2], dtype=np.uint8)

    def apply_strip(rows: slice) -> None:
        kernels.guided_apply(coefficients, rgba, rows, alpha)

    each(apply_strip, strips(len(alpha), least=LEAST_ROWS))
    return alpha
