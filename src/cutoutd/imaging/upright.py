"""Images turned as their EXIF orientation says: cameras do not turn them, they write it down."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.memory import allocate

EXIF_ORIENTATION = 0x0112
"""The tag; its values are 1 to 8, and 1 is upright."""
UPRIGHT = 1
SIDEWAYS = (5, 6, 7, 8)
"""Orientations whose rows are the upright image's columns."""
MIRRORED_ROWS, MIRRORED_COLUMNS = (3, 4, 6, 7), (2, 3, 7, 8)
SIDE = 128
"""Of the squares in px that are turned one by one: their lines stay in the first-level cache."""


def exif_transpose(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """(H, W, 4) as stored, to the same upright, or (W, H, 4); the array itself if it is upright.

    Source: Exif 2.32, 4.6.4, tag 274. A number that the standard does not name counts as 1.
    """
    if orientation not in {*MIRRORED_ROWS, *MIRRORED_COLUMNS, *SIDEWAYS}:
        return pixels
    whole = pixels.view(np.uint32)[..., 0]
    if orientation in MIRRORED_ROWS:
        whole = whole[::-1]
    if orientation in MIRRORED_COLUMNS:
        whole = whole[:, ::-1]
    if orientation in SIDEWAYS:
        whole = whole.T
    upright = allocate(*whole.shape)
    target = upright.view(np.uint32)[..., 0]
    for top in range(0, whole.shape[0], SIDE):
        for left in range(0, whole.shape[1], SIDE):
            square = np.s_[top : top + SIDE, left : left + SIDE]
            target[square] = whole[square]
    return upright
