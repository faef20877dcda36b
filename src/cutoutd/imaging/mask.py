"""The network's probabilities to a saliency mask of the image's size."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.guided import apply, fit
from cutoutd.imaging.kernels import Plane, channels
from cutoutd.imaging.resize import Shrunk, box_resize

RADIUS = 2
"""Of the guided filter's window, in pixels of the network's prediction."""
EPSILON = 1e-5
UNIT = np.full(3, 1 / 255, dtype=np.float32)
"""Of levels, as parts of the highest."""
SURE = 0.01
"""Probabilities this near to 0 or 1 are rounded to them: no ghosts, and wide parts without work."""


def round_sure(prediction: Plane) -> Plane:
    """(h, w), 0..1, with 0 and 1 where it is nearly that, and the rest stretched between."""
    return np.ascontiguousarray(np.clip((prediction - SURE) / (1 - 2 * SURE), 0, 1))


def upsample(
    probability: Plane,
    rgba: NDArray[np.uint8],
    shrunk: Shrunk,
    means: NDArray[np.uint8] | None = None,
) -> tuple[NDArray[np.uint8], Plane]:
    """Enlarge the network's prediction to the image, along the image's own edges.

    probability: (h, w), 0..1, of the whole image; rgba: (H, W, 4); shrunk: the same image; means:
    the same on a grid of its own, (any, any, 4), taken if it is the prediction's.
    Returns the mask, (H, W) levels, and the variance of the prediction around what the colours
    explain, (h, w).
    """
    if means is None or means.shape[:2] != probability.shape:
        means = box_resize(shrunk, probability.shape)
    guide = np.empty((3, *probability.shape), dtype=np.float32)
    channels(means, guide, factors=UNIT)
    fitted = fit(guide, probability, radius=RADIUS, epsilon=EPSILON)
    return apply(fitted[:4], rgba), fitted[4]


def multiply(levels: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two alpha channels as one: what lets through a half of a half lets through a quarter."""
    return ((levels.astype(np.uint16) * other + 127) // 255).astype(np.uint8)
