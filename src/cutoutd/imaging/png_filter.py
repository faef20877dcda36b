"""The filters of PNG, in bytes.

The kernels choose among Sub, Up and Paeth. In NumPy Paeth would save a few percent of size for
several times the work, and is left out. Rows come in blocks, so that they need little memory; in
smaller ones threads would often wait for each other's turn at the interpreter.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging import kernels

SUB, UP = 1, 2
BLOCK_BYTES = 1_000_000
TOGETHER = 16
"""So many rows share a filter."""
JUDGED = 8
"""Of every so many pixels one is looked at to find a filter."""

Bytes = NDArray[np.uint8]


def filtered(rows: Bytes, part: slice, channels: int) -> Iterator[Bytes]:
    """Rows as PNG deflates them: a filter type, then each byte less its prediction.

    rows: (H, n) bytes of the whole picture, of which `part` is wanted. channels: bytes a
    pixel. Each few rows get the filter that leaves less in them, by the specification's
    heuristic. Yields (N, n + 1) blocks, in memory that is used again.
    """
    height = max(1, min(part.stop - part.start, BLOCK_BYTES // rows.shape[1]))
    lines = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    fill = kernels.png_filter if kernels.compiled() else _filter_block
    for first in range(part.start, part.stop, height):
        here = slice(first, min(first + height, part.stop))
        target = lines[: here.stop - first]
        fill(rows, channels, here, target)
        yield target


def _filter_block(rows: Bytes, channels: int, part: slice, target: Bytes) -> None:
    block = rows[part]
    above = rows[part.start - 1] if part.start else np.zeros_like(rows[0])
    for run, kind in _runs(block, above, channels):
        target[run, 0] = kind
        if kind == SUB:
            _subtract_left(block[run], target[run, 1:], channels)
        else:
            _subtract_above(block, above, run, target[run, 1:])


def _subtract_left(block: Bytes, target: Bytes, channels: int) -> None:
    target[:, :channels] = block[:, :channels]
    np.subtract(block[:, channels:], block[:, :-channels], out=target[:, channels:])


def _subtract_above(block: Bytes, above: Bytes, run: slice, target: Bytes) -> None:
    if run.start == 0:
        np.subtract(block[0], above, out=target[0])
        np.subtract(block[1 : run.stop], block[: run.stop - 1], out=target[1:])
    else:
        np.subtract(block[run], block[run.start - 1 : run.stop - 1], out=target)


def _runs(block: Bytes, above: Bytes, channels: int) -> Iterator[tuple[slice, int]]:
    """Consecutive rows and their filter, SUB or UP.

    Judged by one channel of some pixels: green, if there is colour.
    """
    judged = slice(min(1, channels - 1), None, channels)
    levels, higher = block[:, judged], above[np.newaxis, judged]
    shown = levels[:, 1::JUDGED]
    left = shown - levels[:, :-1:JUDGED]
    up = shown - np.concatenate([higher[:, 1::JUDGED], shown[:-1]])
    starts = np.arange(0, len(block), TOGETHER)
    kinds = np.where(np.add.reduceat(_sizes(left) - _sizes(up), starts) < 0, SUB, UP)
    changes = [0, *starts[1:][kinds[1:] != kinds[:-1]].tolist(), len(block)]
    for top, bottom in pairwise(changes):
        yield slice(top, bottom), int(kinds[top // TOGETHER])


def _sizes(differences: Bytes) -> NDArray[np.int64]:
    """What is left in each row."""
    sizes = np.abs(differences.view(np.int8)).view(np.uint8)
    return np.asarray(sizes.sum(axis=1, dtype=np.int64))
