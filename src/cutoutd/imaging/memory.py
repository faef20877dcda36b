"""The memory of an image's pixels, by far the largest array of a job.

Given back to the system after each image, it costs the next one a fault for every page, and
under memory ballooning those are page faults of the host. So what one
image used is kept for the next.
"""

import ctypes
import os
import weakref
from collections import deque

import numpy as np
from numpy.typing import NDArray

KEPT_BYTES = 100_000_000
"""Larger blocks are given back: 25 megapixels are more than nearly every photo has."""

MAPPED_FROM_BYTES, TRIMMED_FROM_BYTES = 32 << 20, 64 << 20
"""The highest that glibc raises its two thresholds to by itself."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From malloc.h."""
_OPERATORS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")

_kept: deque[NDArray[np.uint8]] = deque(maxlen=1)


def keep_freed_memory() -> None:
    """Let glibc keep what small images free from the first one on, unless its operator says else.

    It comes to the same by itself with the first image of some eight megapixels; until then most
    arrays of every image cost a fault for every page, a quarter of all that is done around the
    network. To be called by a process that has image after image. Nothing happens where the
    allocator is another one.
    """
    if any(name in os.environ for name in _OPERATORS):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM_BYTES)
    mallopt(_M_TRIM_THRESHOLD, TRIMMED_FROM_BYTES)


def allocate(height: int, width: int) -> NDArray[np.uint8]:
    """(height, width, 4) of whatever was there; its memory is kept when no view of it is left."""
    size = 4 * height * width
    block = _take(size)
    # Through a memoryview, so that every view has this array as its base, not the block.
    pixels = np.frombuffer(block.data, dtype=np.uint8, count=size)
    if block.size <= KEPT_BYTES:
        weakref.finalize(pixels, _kept.append, block).atexit = False
    return pixels.reshape(height, width, 4)


def _take(size: int) -> NDArray[np.uint8]:
    try:
        block = _kept.pop()
    except IndexError:
        return np.empty(size, dtype=np.uint8)
    return block if block.size >= size else np.empty(size, dtype=np.uint8)
