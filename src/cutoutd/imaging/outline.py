"""A line of one colour around a subject, as around a sticker."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.geometry import bounding_box

STEPS = 10
"""The line's width on the grid where distances are measured; enlarged they stay exact."""
SOLID = 127


def draw_outline(
    alpha: NDArray[np.uint8], width: float, color: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """(H, W, 4): everything within that share of the subject's longer side of the subject.

    alpha: (H, W). It reaches beneath the subject, whose soft edge lies on it.
    """
    layer = np.zeros((*alpha.shape, 4), dtype=np.uint8)
    box = bounding_box(alpha > SOLID)
    if box is None or width <= 0:
        return layer
    width_px = width * max(box[2] - box[0], box[3] - box[1])
    step = max(1, int(width_px / STEPS))
    size = tuple(max(1, -(-side // step)) for side in alpha.shape[::-1])
    small = Image.fromarray(alpha).resize(size, Image.Resampling.BOX)
    away = distance_to(np.asarray(small) > SOLID, most=width_px / step + 2) * np.float32(step)
    smooth = Image.fromarray(away).resize(alpha.shape[::-1], Image.Resampling.BICUBIC)
    layer[..., :3] = color
    layer[..., 3] = np.rint(np.clip(width_px - np.asarray(smooth) + 0.5, 0, 1) * 255)
    return layer


def distance_to(solid: NDArray[np.bool_], *, most: float) -> NDArray[np.float32]:
    """How far each pixel is from the nearest solid one, (H, W) px; beyond `most`: more than that.

    Exact: the distance along each column, then the least of it and the way along the row. Source:
    Felzenszwalb and Huttenlocher 2012, "Distance transforms of sampled functions", by brute force.
    """
    reach = int(most) + 1
    squared = _along_columns(solid, reach).astype(np.float32) ** 2
    least = squared.copy()
    for apart in range(1, min(reach, solid.shape[1] - 1) + 1):
        cost = np.float32(apart**2)
        np.minimum(least[:, apart:], squared[:, :-apart] + cost, out=least[:, apart:])
        np.minimum(least[:, :-apart], squared[:, apart:] + cost, out=least[:, :-apart])
    return np.sqrt(least)


def _along_columns(solid: NDArray[np.bool_], reach: int) -> NDArray[np.int64]:
    """The same along each column alone, at most reach + 1."""
    rows = np.arange(len(solid))[:, None]
    above = np.maximum.accumulate(np.where(solid, rows, -reach - 1 - len(solid)), axis=0)
    below = np.minimum.accumulate(np.where(solid, rows, 2 * len(solid) + reach + 1)[::-1], axis=0)[
        ::-1
    ]
    return np.minimum(np.minimum(rows - above, below - rows), reach + 1)
