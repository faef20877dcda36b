"""The subject before a background."""

import numpy as np
from numpy.typing import NDArray


def flatten_on_color(rgba: NDArray[np.uint8], color: tuple[int, int, int, int]) -> None:
    """Put a colour behind a straight RGBA picture, in place.

    rgba: (H, W, 4). A colour that is not opaque leaves the picture partly transparent.
    """
    front = rgba[..., 3:].astype(np.float32) / 255
    behind = (1 - front) * (color[3] / 255)
    total = front + behind
    mixed = rgba[..., :3] * front + np.asarray(color[:3], np.float32) * behind
    rgba[..., :3] = np.rint(mixed / np.maximum(total, 1e-6))
    rgba[..., 3:] = np.rint(total * 255)
