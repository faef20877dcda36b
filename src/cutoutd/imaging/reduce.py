"""Pictures made smaller by a whole factor, on all threads."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging import kernels
from cutoutd.imaging.threads import each, strips

LEAST_BYTES = 1_000_000
"""Of a picture: fewer are done before a thread wakes."""
MOST_SUMMED = 257
"""So many bytes fit into 16 bits; larger squares Pillow takes."""


class Reduced(NamedTuple):
    """A picture, (h, w, 4), after `reduced` by that factor, for whoever needs a small one again."""

    pixels: NDArray[np.uint8]
    factor: int


def reduced(
    pixels: NDArray[np.uint8], factor: int, *, across: int | None = None
) -> NDArray[np.uint8]:
    """Pillow's `reduce`: each square of that side as its mean colour.

    At the far edges from what there is of it. pixels: (H, W) or (H, W, 4). across: its other side,
    where it is no square. Returns the same for the smaller picture.
    """
    across = across or factor
    if factor == across == 1:
        return pixels
    height, width = -(-len(pixels) // factor), -(-pixels.shape[1] // across)
    small = np.empty((height, width, *pixels.shape[2:]), dtype=np.uint8)
    by_kernel = kernels.compiled() and max(factor, across) <= MOST_SUMMED

    def fill(rows: slice) -> None:
        if by_kernel:
            kernels.reduce(pixels, factor, across, rows, small)
        else:
            part = pixels[rows.start * factor : rows.stop * factor]
            small[rows] = np.asarray(viewed(part).reduce((across, factor)))

    each(fill, strips_of(pixels, height))
    return small


def strips_of(pixels: NDArray[np.uint8], rows: int) -> list[slice]:
    """What is made of a picture in so many rows, cut into strips for `each` that are worth it."""
    return strips(rows, least=-(-LEAST_BYTES * rows // pixels.nbytes))


def viewed(pixels: NDArray[np.uint8]) -> Image.Image:
    """A Pillow image on the same memory. pixels: (H, W) or (H, W, 4), C-contiguous."""
    mode = "L" if pixels.ndim == 2 else "RGBX"
    size = (pixels.shape[1], pixels.shape[0])
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
