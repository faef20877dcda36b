"""How far a mask's soft edge is from the true alpha.

Source of all four errors: Rhemann et al., A Perceptually Motivated Online Benchmark for Image
Matting, CVPR 2009, scaled as alphamatting.com shows them. They are taken where alpha is between
nothing and everything and a little around it: no trimap is given to what is measured here.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ALPHA_ERRORS = ("SAD", "MSE", "gradient", "connectivity")
BAND = 5
"""Pixels around soft alpha that count as well."""
SMOOTH = 1.4
"""Standard deviation of the Gaussian whose derivative gives the gradient, px."""
STEP = 0.1
"""Between the levels at which connectivity is looked at."""
CONNECTED = 0.15
"""Distance from the level of connection below which a pixel counts as connected."""


def band_of(alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where alpha is neither 0 nor 1, grown by `BAND` px."""
    soft = (alpha > 0) & (alpha < 1)
    grown: NDArray[np.bool_] = ndimage.binary_dilation(soft, iterations=BAND)
    return grown


def alpha_errors(mask: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    """SAD / 1000, MSE x 1000, gradient / 1000 and connectivity / 1000 in the band of one picture.

    Both (H, W), levels 0..255.
    """
    ours, alpha = (levels.astype(np.float32) / 255 for levels in (mask, truth))
    band = band_of(alpha)
    error = np.abs(ours - alpha)[band]
    return {
        "SAD": float(error.sum() / 1000),
        "MSE": float(1000 * np.square(error).mean()) if error.size else 0.0,
        "gradient": float(np.square(_slope(ours) - _slope(alpha))[band].sum() / 1000),
        "connectivity": float(_disconnection(ours, alpha)[band].sum() / 1000),
    }


def _slope(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    slope: NDArray[np.float32] = ndimage.gaussian_gradient_magnitude(alpha, SMOOTH)
    return slope


def _disconnection(ours: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """How differently connected to the common whole each pixel is in the two."""
    level = np.zeros_like(alpha)
    before = np.ones(alpha.shape, bool)
    for threshold in np.arange(STEP, 1 + STEP / 2, STEP, dtype=np.float32):
        labels, count = ndimage.label((ours >= threshold) & (alpha >= threshold))
        if not count:
            break
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        whole = labels == sizes.argmax()
        level[before & ~whole] = threshold - STEP
        before &= whole
    level[before] = 1.0
    kept = [1 - np.where(value - level >= CONNECTED, value - level, 0) for value in (ours, alpha)]
    distance: NDArray[np.float32] = np.abs(kept[0] - kept[1])
    return distance
