"""The network's probabilities to a saliency mask of the picture's size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def mask_from_probability(
    probability: NDArray[np.float32], rgba: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Enlarge the network's answer to the picture.

    probability: (h, w), 0..1, of the whole picture; rgba: (H, W, 4). Returns (H, W) levels.
    """
    levels = np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)
    size = (rgba.shape[1], rgba.shape[0])
    return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BICUBIC)).copy()
