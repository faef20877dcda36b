"""Pictures made smaller, on all threads: by a whole factor, or to the cells of another grid."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.threads import each, strips

LEAST_BYTES = 1_000_000
"""Of a picture: fewer are done before a thread wakes."""

Shape: TypeAlias = tuple[int, ...]


class Reduced(NamedTuple):
    """A picture, (h, w, 4), after `reduced` by that factor, for whoever needs a small one again."""

    pixels: NDArray[np.uint8]
    factor: int


def reduced(pixels: NDArray[np.uint8], factor: int, *, threads: int) -> NDArray[np.uint8]:
    """Each square of that side as its mean colour; at the far edges from what there is of it.

    pixels: (H, W) or (H, W, 4). Returns the same for the smaller picture.
    """
    if factor == 1:
        return pixels
    height, width = (-(-side // factor) for side in pixels.shape[:2])
    small = np.empty((height, width, *pixels.shape[2:]), dtype=np.uint8)

    def fill(rows: slice) -> None:
        part = pixels[rows.start * factor : rows.stop * factor]
        small[rows] = np.asarray(viewed(part).reduce(factor))

    each(fill, _strips(height, pixels.nbytes, threads), threads)
    return small


def squeezed(
    pixels: NDArray[np.uint8], factor: int, whole: Shape, to: Shape, *, threads: int
) -> NDArray[np.uint8]:
    """A reduced picture's means over the cells of another grid, each of the same share of it.

    pixels: (h, w) or (h, w, 4), after `reduced` by that factor from a picture of `whole` (H, W),
    whose last squares may not be full. Returns the same of the shape `to`.
    """
    extent = (whole[0] / factor, whole[1] / factor)
    return resampled(pixels, to, Image.Resampling.BOX, extent=extent, threads=threads)


def resampled(
    pixels: NDArray[np.uint8],
    to: Shape,
    way: Image.Resampling,
    *,
    extent: tuple[float, float],
    threads: int,
    factors: tuple[int, int] = (1, 1),
) -> NDArray[np.uint8]:
    """Pillow's `resize`, to the bit, of a wide picture on all threads.

    pixels: (H, W) or (H, W, 4). to: the rows and columns to make of `extent`, the rows and columns
    that are used, from the top left. factors: by which rows and columns are reduced before;
    `extent` counts them after that.
    """
    down, across = factors

    def made(rows: slice, height: int, box: tuple[float, float, float, float]) -> Image.Image:
        part = viewed(pixels[rows.start * down : rows.stop * down])
        if max(factors) > 1:
            part = part.reduce((across, down))
        return part.resize((to[1], height), way, box)

    def narrowed(rows: slice) -> NDArray[np.uint8]:
        height = rows.stop - rows.start
        return np.asarray(made(rows, height, (0, 0, extent[1], height)))

    rows = -(-len(pixels) // down)
    if extent[0] * to[1] > extent[1] * to[0]:  # Some versions of Pillow go down before across.
        return np.asarray(made(slice(0, rows), to[0], (0, 0, extent[1], extent[0])))
    narrow = np.concatenate(each(narrowed, _strips(rows, pixels.nbytes, threads), threads))
    return np.asarray(viewed(narrow).resize((to[1], to[0]), way, (0, 0, to[1], extent[0])))


def _strips(rows: int, total_bytes: int, threads: int) -> list[slice]:
    return strips(rows, least=-(-LEAST_BYTES * rows // total_bytes), threads=threads)


def resized(plane: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """(h, w) of another shape: means where it becomes smaller, else straight lines between."""
    height, width = shape
    smaller = height < plane.shape[0] or width < plane.shape[1]
    way = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(plane).resize((width, height), way))


def viewed(pixels: NDArray[np.uint8]) -> Image.Image:
    """A Pillow image on the same memory. pixels: (H, W) or (H, W, 4), C-contiguous."""
    mode = "L" if pixels.ndim == 2 else "RGBX"
    size = (pixels.shape[1], pixels.shape[0])
    return Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
