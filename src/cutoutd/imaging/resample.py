"""Pictures on another grid, to the bit as Pillow has them, on all threads.

Networks were trained, and other servers answer, with what Pillow makes of a picture; so its way is
the definition, here with vectors and threads: across and down, each in whole numbers.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging import kernels
from cutoutd.imaging.reduce import strips_of, viewed
from cutoutd.imaging.threads import each

BITS = 22
"""Of a weight's fraction, as in the kernels."""
LONGEST = 100_000
"""Of a side that the kernels take: what weighs is about six times as many numbers."""
BOX, LANCZOS = Image.Resampling.BOX, Image.Resampling.LANCZOS

Bytes = NDArray[np.uint8]
Shape = tuple[int, ...]
Weights = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Where each place of the new grid begins to look, (n,), and what it sees weighs, (n, taps)."""


def squeezed(pixels: Bytes, factor: int, whole: Shape, to: Shape) -> Bytes:
    """A reduced picture's means over the cells of another grid, each of the same share of it.

    pixels: (h, w) or (h, w, 4), after `reduced` by that factor from a picture of `whole` (H, W),
    whose last squares may not be full. Returns the same of the shape `to`.
    """
    extent = (whole[0] / factor, whole[1] / factor)
    return resampled(pixels, to, BOX, extent=extent)


def resampled(
    pixels: Bytes,
    to: Shape,
    way: Image.Resampling,
    *,
    extent: tuple[float, float] | None = None,
) -> Bytes:
    """Pillow's `resize`: across and then down; the other way round where it is very tall.

    pixels: (H, W) or (H, W, 4). to: the rows and columns to make of `extent`, the rows and columns
    that are used, from the top left; None is all. way: BOX or LANCZOS.
    """
    height, width = extent or (len(pixels), pixels.shape[1])
    if len(pixels) - to[0] > 2 * max(0, pixels.shape[1] - to[1]):  # As Pillow has it since 13.0.
        return _across(_down(pixels, height, to[0], way), width, to[1], way)
    parts = strips_of(pixels, len(pixels))
    narrow = np.concatenate(each(lambda rows: _across(pixels[rows], width, to[1], way), parts))
    return _down(narrow, height, to[0], way)


def _across(pixels: Bytes, extent: float, count: int, way: Image.Resampling) -> Bytes:
    height, width, *channels = pixels.shape
    if not _fits_kernels(extent, count):
        box = (0, 0, extent, height)
        return np.asarray(viewed(pixels).resize((count, height), way, box))
    narrow = np.empty((height, count, *channels), dtype=np.uint8)
    kernels.resample_across(pixels, *_weights(width, extent, count, way), narrow)
    return narrow


def _down(pixels: Bytes, extent: float, count: int, way: Image.Resampling) -> Bytes:
    height, width, *channels = pixels.shape
    if not _fits_kernels(extent, count):
        box = (0, 0, width, extent)
        return np.asarray(viewed(pixels).resize((width, count), way, box))
    small = np.empty((count, width, *channels), dtype=np.uint8)
    kernels.resample_down(pixels, *_weights(height, extent, count, way), small)
    return small


def _fits_kernels(extent: float, count: int) -> bool:
    return kernels.compiled() and max(extent, count) <= LONGEST


@lru_cache(maxsize=8)
def _weights(size: int, extent: float, count: int, way: Image.Resampling) -> Weights:
    """What the first `extent` of `size` places weigh in each of `count` new ones."""
    scale = float(np.float32(extent)) / count
    wide = max(scale, 1.0)
    reach = wide * (3.0 if way == LANCZOS else 0.5)
    centres = (np.arange(count) + 0.5) * scale
    first = np.maximum((centres - reach + 0.5).astype(np.int32), 0)
    end = np.minimum((centres + reach + 0.5).astype(np.int32), size)
    taps = int((end - first).max())
    starts = np.minimum(first, size - taps)
    places = starts[:, np.newaxis] + np.arange(taps)
    away = (places - centres[:, np.newaxis] + 0.5) / wide
    seen = _lanczos(away) if way == LANCZOS else ((away > -0.5) & (away <= 0.5)).astype(float)
    seen[(places < first[:, np.newaxis]) | (places >= end[:, np.newaxis])] = 0
    total = seen.sum(axis=1, keepdims=True)
    seen /= np.where(total == 0, 1, total)
    return starts, np.trunc(seen * (1 << BITS) + np.copysign(0.5, seen)).astype(np.int32)


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where((x >= -3) & (x < 3), np.sinc(x) * np.sinc(x / 3), 0)


def resized(plane: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """(h, w) of another shape: means where it becomes smaller, else straight lines between."""
    height, width = shape
    smaller = height < plane.shape[0] or width < plane.shape[1]
    way = BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(plane).resize((width, height), way))
