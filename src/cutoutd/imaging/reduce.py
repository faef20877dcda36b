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
    threads: int,
    extent: tuple[float, float] | None = None,
    factors: tuple[int, int] = (1, 1),
) -> NDArray[np.uint8]:
    """Pillow's `resize`: across on all threads, then down.

    pixels: (H, W) or (H, W, 4). to: the rows and columns to make of `extent`, the rows and columns
    that are used, from the top left; None is all. factors: by which rows and columns are reduced
    before; `extent` counts them after that.
    """
    down, across = factors
    rows = -(-len(pixels) // down)
    height, width = extent or (rows, -(-pixels.shape[1] // across))

    def narrowed(some: slice) -> NDArray[np.uint8]:
        part = viewed(pixels[some.start * down : some.stop * down])
        if max(factors) > 1:
            part = part.reduce((across, down))
        return np.asarray(part.resize((to[1], part.height), way, (0, 0, width, part.height)))

    narrow = np.concatenate(each(narrowed, _strips(rows, pixels.nbytes, threads), threads))
    return np.asarray(viewed(narrow).resize((to[1], to[0]), way, (0, 0, to[1], height)))


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
