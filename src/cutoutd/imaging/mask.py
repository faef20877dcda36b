"""The network's probabilities to a saliency mask of the picture's size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.guided import applied, fit
from cutoutd.imaging.tiles import Tile, tiles

RADIUS = 2
"""Of the guided filter's window, in pixels of the network's answer."""
EPSILON = 1e-5
SURE = 0.01
"""Probabilities this near to 0 or 1 are rounded to them: no ghosts, and tiles without work."""


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
    shape = (rgba.shape[0], rgba.shape[1])
    probability = np.clip((probability - SURE) / (1 - 2 * SURE), 0, 1)
    size = (probability.shape[1], probability.shape[0])
    seen = Image.fromarray(small).resize(size, Image.Resampling.BOX, reducing_gap=1.0)
    guide = np.moveaxis(np.asarray(seen, dtype=np.float32) / np.float32(255), -1, 0)
    coefficients = fit(guide, probability, radius=RADIUS, epsilon=EPSILON, threads=threads)
    mask = np.zeros(shape, dtype=np.uint8)

    def fill(tile: Tile) -> None:
        near = probability[tile.coarse_rows, tile.coarse_columns]
        if near.max() == 0:
            return
        if near.min() == 1:
            mask[tile.rows, tile.columns] = 255
            return
        mask[tile.rows, tile.columns] = applied(coefficients, rgba, tile, shape)

    for tile in tiles(shape, probability.shape):
        fill(tile)  # So small that two threads would wait for the interpreter lock.
    return mask


def product(levels: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two alpha channels as one: what lets through a half of a half lets through a quarter."""
    return ((levels.astype(np.uint16) * other + 127) // 255).astype(np.uint8)
