"""The network's probabilities to a saliency mask of the picture's size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.guided import applied, fit

RADIUS = 2
"""Of the guided filter's window, in pixels of the network's answer."""
EPSILON = 1e-5
SURE = 0.01
"""Probabilities this near to 0 or 1 are rounded to them: no ghosts, and wide parts without work."""


def mask_from_probability(
    probability: NDArray[np.float32],
    rgba: NDArray[np.uint8],
    *,
    small: NDArray[np.uint8],
    threads: int,
) -> NDArray[np.uint8]:
    """Enlarge the network's answer to the picture, along the picture's own edges.

    probability: (h, w), 0..1, of the whole picture; rgba: (H, W, 4); small: (any, any, 3), the
    picture shrunk. Returns (H, W) levels.
    """
    probability = np.clip((probability - SURE) / (1 - 2 * SURE), 0, 1)
    size = (probability.shape[1], probability.shape[0])
    seen = Image.fromarray(small).resize(size, Image.Resampling.BOX, reducing_gap=1.0)
    guide = np.moveaxis(np.asarray(seen, dtype=np.float32) / np.float32(255), -1, 0)
    coefficients = fit(
        np.ascontiguousarray(guide), probability, radius=RADIUS, epsilon=EPSILON, threads=threads
    )
    return applied(coefficients, rgba, threads=threads)


def product(levels: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two alpha channels as one: what lets through a half of a half lets through a quarter."""
    return ((levels.astype(np.uint16) * other + 127) // 255).astype(np.uint8)
