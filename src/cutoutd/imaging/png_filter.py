"""The filters of PNG, in bytes.

Paeth would save a few percent of size for several times the work; a more careful search for
repetitions, in `png`, saves as much for less. It is here to tell how small a picture could be.
Blocks of rows stay in the cache until they are deflated.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SUB, UP, PAETH = 1, 2, 4
BLOCK_BYTES = 250_000
"""Smaller ones leave two threads waiting for the interpreter lock."""
JUDGED = 8
"""Of every so many pixels one is looked at to find the filter of a block."""

Bytes = NDArray[np.uint8]


def filtered(rows: Bytes, part: slice, channels: int) -> Iterator[Bytes]:
    """Rows as PNG deflates them: a filter type, then each byte less its prediction.

    rows: (H, n) bytes of the whole picture, of which `part` is wanted. channels: bytes a
    pixel. Each block of rows gets the filter that leaves less in it, by the specification's
    heuristic. Yields (N, n + 1) blocks, in memory that is used again.
    """
    height = max(1, min(part.stop - part.start, BLOCK_BYTES // rows.shape[1]))
    lines = np.empty((height, rows.shape[1] + 1), dtype=np.uint8)
    for first in range(part.start, part.stop, height):
        block = rows[first : min(first + height, part.stop)]
        above = rows[first - 1] if first else np.zeros_like(rows[0])
        target = lines[: len(block)]
        target[:, 0] = _better(block, above, channels)
        if target[0, 0] == SUB:
            target[:, 1 : 1 + channels] = block[:, :channels]
            np.subtract(block[:, channels:], block[:, :-channels], out=target[:, 1 + channels :])
        else:
            np.subtract(block[0], above, out=target[0, 1:])
            np.subtract(block[1:], block[:-1], out=target[1:, 1:])
        yield target


def _better(block: Bytes, above: Bytes, channels: int) -> int:
    """SUB or UP, by one channel of some pixels: green, if there is colour."""
    judged = slice(min(1, channels - 1), None, channels)
    levels, higher = block[:, judged], above[np.newaxis, judged]
    shown = levels[:, 1::JUDGED]
    left = shown - levels[:, :-1:JUDGED]
    up = shown - np.concatenate([higher[:, 1::JUDGED], shown[:-1]])
    return SUB if _size(left) < _size(up) else UP


def _size(differences: Bytes) -> int:
    return int(np.abs(differences.view(np.int8)).view(np.uint8).sum(dtype=np.int64))


def with_paeth(rows: Bytes, channels: int) -> Bytes:
    """All rows but the first as PNG deflates them with Paeth's filter: (N, n) -> (N - 1, n + 1)."""
    levels = rows.astype(np.int16)
    up, corner = levels[:-1], np.zeros_like(levels[1:])
    left = corner.copy()
    left[:, channels:], corner[:, channels:] = levels[1:, :-channels], levels[:-1, :-channels]
    from_left, from_up = np.abs(up - corner), np.abs(left - corner)
    from_corner = np.abs(left + up - 2 * corner)
    prediction = np.where(from_up <= from_corner, up, corner)
    left_wins = (from_left <= from_up) & (from_left <= from_corner)
    np.copyto(prediction, left, where=left_wins)
    lines = np.full((len(rows) - 1, rows.shape[1] + 1), PAETH, dtype=np.uint8)
    lines[:, 1:] = levels[1:] - prediction
    return lines
