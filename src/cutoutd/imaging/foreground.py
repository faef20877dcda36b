"""Foreground estimation: the colours of the subject without the background's share."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

RADII = (90, 6)
"""Blur radii in px, far then near."""


def estimate_foreground(rgba: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> None:
    """Write the foreground colours into the soft pixels of a picture, in place.

    rgba: (H, W, 4), of which the first three channels are changed where 0 < alpha < 255.
    alpha: (H, W).

    Source: Forte 2021, "Approximate Fast Foreground Colour Estimation".
    """
    soft = (alpha > 0) & (alpha < 255)
    if not soft.any():
        return
    share = alpha.astype(np.float32) / np.float32(255)
    for channel in range(3):
        levels = rgba[..., channel].astype(np.float32)
        front, back = levels, levels
        for radius in RADII:
            near = _mean(front, share, radius)
            back = _mean(back, np.float32(1) - share, radius)
            front = np.clip(near + share * (levels - share * near - (1 - share) * back), 0, 255)
        rgba[..., channel][soft] = np.rint(front[soft])


def _mean(
    levels: NDArray[np.float32], weight: NDArray[np.float32], radius: int
) -> NDArray[np.float32]:
    """The weighted mean of a plane in a square around each pixel."""
    blur = ImageFilter.BoxBlur(radius)
    total, weights = (
        np.asarray(Image.fromarray(np.rint(plane).astype(np.uint8)).filter(blur), np.float32)
        for plane in (levels * weight, 255 * weight)
    )
    return (total / np.maximum(weights / 255, 1e-3)).astype(np.float32)
