"""The network's probabilities to a saliency mask of the picture's size."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.guided import applied, fit
from cutoutd.imaging.refine import refine
from cutoutd.imaging.resize import Shrunk, box_resize
from cutoutd.imaging.tiles import Plane

RADIUS = 2
"""Of the guided filter's window, in pixels of the network's answer."""
EPSILON = 1e-5
SURE = 0.01
"""Probabilities this near to 0 or 1 are rounded to them: no ghosts, and wide parts without work."""


class Found(NamedTuple):
    """What a network's answer becomes on the picture."""

    mask: NDArray[np.uint8]
    """(H, W) levels."""
    colors: Plane
    """Of subject and background, as `foreground.spread` gives them for this mask."""
    variance: Plane
    """Of the network's answer around what the colours explain, on its own grid."""


def mask_from_probability(
    probability: NDArray[np.float32],
    rgba: NDArray[np.uint8],
    *,
    small: Shrunk,
) -> Found:
    """Enlarge the network's answer to the picture, along the picture's own edges.

    probability: (h, w), 0..1, of the whole picture; rgba: (H, W, 4); small: it, reduced.
    """
    probability = np.ascontiguousarray(np.clip((probability - SURE) / (1 - 2 * SURE), 0, 1))
    seen = box_resize(small, probability.shape)
    guide = np.moveaxis(seen[..., :3], -1, 0).astype(np.float32, order="C")
    guide /= np.float32(255)
    fitted = fit(guide, probability, radius=RADIUS, epsilon=EPSILON)
    mask = applied(fitted[:4], rgba)
    colors = refine(mask, rgba, probability, fitted[4], small=small)
    return Found(mask, colors, fitted[4])


def product(levels: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two alpha channels as one: what lets through a half of a half lets through a quarter."""
    return ((levels.astype(np.uint16) * other + 127) // 255).astype(np.uint8)
