"""The memory of an image's pixels, by far the largest array of a job.

Given back to the system after each image, it costs the next one a fault for every page, and
under memory ballooning those are page faults of the host. So what one
image used is kept for the next.
"""

import weakref
from collections import deque

import numpy as np
from numpy.typing import NDArray

KEPT_BYTES = 100_000_000
"""Larger blocks are given back: 25 megapixels are more than nearly every photo has."""

_kept: deque[NDArray[np.uint8]] = deque(maxlen=1)


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
