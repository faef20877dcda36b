"""The filters of PNG, in bytes.

Sub, Up or Paeth, chosen for every few rows. Rows come in blocks, so that they need little memory;
in smaller ones threads would often wait for each other's turn at the interpreter.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels

BLOCK_BYTES = 1_000_000

Bytes = NDArray[np.uint8]


def filter_rows(rows: Bytes, part: slice, channels: int) -> Iterator[Bytes]:
    """Rows as PNG deflates them: a filter type, then each byte less its prediction.

    rows: (H, n) bytes of the whole image, of which `part` is wanted. channels: bytes a
    pixel. Each few rows get the filter that leaves less in them, by the specification's
    heuristic. Yields (N, n + 1) blocks, in memory that is used again.
    """
    height = max(1, min(part.stop - part.start, BLOCK_BYTES // rows.shape[1]))
    lines = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    for first in range(part.start, part.stop, height):
        here = slice(first, min(first + height, part.stop))
        target = lines[: here.stop - first]
        kernels.png_filter(rows, channels, here, target)
        yield target
