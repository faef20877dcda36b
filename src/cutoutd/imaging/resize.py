"""Images on another grid: Pillow's `reduce` and `resize`, on all threads.

Networks were trained, and other servers answer, with what Pillow makes of an image.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.threads import each, strips

LEAST_BYTES = 1_000_000
"""Of an image: fewer are done before a thread wakes."""
BOX, LANCZOS = Image.Resampling.BOX, Image.Resampling.LANCZOS
NEAREST = Image.Resampling.NEAREST

Bytes = NDArray[np.uint8]
Shape = tuple[int, ...]


class Shrunk(NamedTuple):
    """An image after `shrink`."""

    pixels: Bytes
    """(h, w) or (h, w, 4)."""
    factor: int
    extent: tuple[float, float]
    """Rows and columns of the whole image in pixels of these; the last may be part of one."""


def shrink(pixels: Bytes, factor: int) -> Shrunk:
    """An image, (H, W) or (H, W, 4), with each square of `factor` x `factor` pixels as its mean."""
    extent = (pixels.shape[0] / factor, pixels.shape[1] / factor)
    return Shrunk(reduce(pixels, factor), factor, extent)


def reduce(pixels: Bytes, factor: int, across: int | None = None) -> Bytes:
    """Each rectangle as its mean colour; at the far edges, what there is of it.

    pixels: (H, W) or (H, W, 4). factor: rows of a rectangle; across: its columns, if not as many.
    Returns the same for the smaller image; the array itself if both are 1.
    """
    across = across or factor
    if factor == across == 1:
        return pixels
    rows = -(-len(pixels) // factor)

    def reduce_strip(strip: slice) -> Bytes:
        part = pixels[strip.start * factor : strip.stop * factor]
        return np.asarray(as_image(part).reduce((across, factor)))

    return np.concatenate(each(reduce_strip, _strips(pixels, rows)))


def box_resize(shrunk: Shrunk, to: Shape) -> Bytes:
    """The means over the cells of another grid, each of the same share of the image."""
    return resize(shrunk.pixels, to, BOX, extent=shrunk.extent)


def resize(
    pixels: Bytes,
    to: Shape,
    method: Image.Resampling,
    *,
    extent: tuple[float, float] | None = None,
) -> Bytes:
    """Columns and then rows; the other way round where an image is very tall, to need less memory.

    pixels: (H, W) or (H, W, 4). to: the rows and columns to make of `extent`, the rows and columns
    that are used, from the top left; None is all. Pillow 13 has the same order.
    """
    height, width = extent or (len(pixels), pixels.shape[1])
    if len(pixels) - to[0] > 2 * max(0, pixels.shape[1] - to[1]):
        return _resize_columns(_resize_rows(pixels, height, to[0], method), width, to[1], method)

    def resize_strip(rows: slice) -> Bytes:
        return _resize_columns(pixels[rows], width, to[1], method)

    narrow = np.concatenate(each(resize_strip, _strips(pixels, len(pixels))))
    return _resize_rows(narrow, height, to[0], method)


def _resize_columns(pixels: Bytes, extent: float, count: int, method: Image.Resampling) -> Bytes:
    height, chosen = len(pixels), _quicker(method, extent, count)
    return np.asarray(as_image(pixels).resize((count, height), chosen, (0, 0, extent, height)))


def _resize_rows(pixels: Bytes, extent: float, count: int, method: Image.Resampling) -> Bytes:
    width, chosen = pixels.shape[1], _quicker(method, extent, count)
    return np.asarray(as_image(pixels).resize((width, count), chosen, (0, 0, width, extent)))


def _quicker(method: Image.Resampling, extent: float, count: int) -> Image.Resampling:
    """Enlarging by means repeats every pixel; without weights it takes a tenth of the time."""
    return NEAREST if method is BOX and count >= extent else method


def resize_plane(plane: NDArray[np.float32], to: Shape) -> NDArray[np.float32]:
    """(h, w) of another shape: means where it becomes smaller, else bilinear."""
    height, width = to
    smaller = height < plane.shape[0] or width < plane.shape[1]
    method = BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(plane).resize((width, height), method))


def as_image(pixels: Bytes) -> Image.Image:
    """A Pillow image on the same memory. pixels: (H, W) or (H, W, 4), C-contiguous."""
    mode = "L" if pixels.ndim == 2 else "RGBX"
    size = (pixels.shape[1], pixels.shape[0])
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)


def _strips(pixels: Bytes, rows: int) -> list[slice]:
    """What is made of an image in so many rows, cut into strips for `each` that are worth it."""
    return strips(rows, least=-(-LEAST_BYTES * rows // pixels.nbytes))
