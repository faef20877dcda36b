"""The filters of PNG, in bytes.

Which one a picture likes differs little from row to row, so a few rows choose for a whole
strip. Paeth, which photos like, is specified with signed sums; but every comparison it makes
can be had from the distances of the three neighbours, and those fit a byte, so that a vector
register holds 32 of them. Blocks of rows stay in the cache through all the passes.
"""

import numpy as np
from numpy.typing import NDArray

SUB, UP, AVERAGE, PAETH = 1, 2, 3, 4
BLOCK_BYTES = 48_000
SAMPLED_ROWS = 12

Bytes = NDArray[np.uint8]


def filtered(rows: Bytes, above: Bytes, channels: int) -> Bytes:
    """Rows as PNG deflates them: a filter type, then each byte less its prediction.

    rows: (N, n) bytes of N pixel rows. above: (n,), the row before the first, or zeros.
    channels: bytes a pixel. Returns (N, n + 1). Rows in which all is zero need no filter.
    """
    count, width = rows.shape
    lines = np.zeros((count, width + 1), dtype=np.uint8)
    height = max(1, min(count, BLOCK_BYTES // width))
    padded = np.zeros((height + 1, width + channels), dtype=np.uint8)
    scratch = np.empty((6, height, width), dtype=np.uint8)
    padded[0, channels:] = above
    best = _best_filter(rows, channels)
    for first in range(0, count, height):
        block = rows[first : first + height]
        here = len(block)
        padded[1 : here + 1, channels:] = block
        used = np.bitwise_or.reduce(padded[: here + 1], axis=0) != 0
        if used.any():
            lines[first : first + here, 0] = best
            # Where a block and what is around it are zero, so is what is left of it.
            start = int(used.argmax()) - channels
            stop = min(width, len(used) - int(used[::-1].argmax()))
            part = padded[: here + 1, start : stop + channels]
            target = lines[first : first + here, 1 + start : 1 + stop]
            _filter(best, part, channels, target, scratch[:, :here, : stop - start])
        padded[0] = padded[here]
    return lines


def _best_filter(rows: Bytes, channels: int) -> int:
    """The filter that leaves the least, by the specification's heuristic, on a few rows."""
    if len(rows) == 1:
        return SUB
    lower = np.unique(np.linspace(1, len(rows) - 1, SAMPLED_ROWS).astype(int))
    left = {SUB: 0, UP: 0, AVERAGE: 0, PAETH: 0}
    for row in lower:
        padded = np.pad(rows[row - 1 : row + 1], ((0, 0), (channels, 0)))
        scratch = np.empty((7, 1, rows.shape[1]), dtype=np.uint8)
        for kind in left:
            _filter(kind, padded, channels, scratch[6], scratch[:6])
            left[kind] += int(np.abs(scratch[6].view(np.int8).astype(np.int16)).sum())
    return min(left, key=lambda kind: (left[kind], -kind))


def _filter(kind: int, padded: Bytes, channels: int, target: Bytes, scratch: Bytes) -> None:
    """Write a block less its prediction.

    padded: (N + 1, n + channels), the block with the row above it and a zero pixel before it.
    target: (N, n). scratch: (6, N, n).
    """
    shown, left, up = padded[1:, channels:], padded[1:, :-channels], padded[:-1, channels:]
    if kind == SUB:
        np.subtract(shown, left, out=target)
    elif kind == UP:
        np.subtract(shown, up, out=target)
    elif kind == AVERAGE:
        common, half, *_ = scratch
        np.bitwise_and(left, up, out=common)
        np.bitwise_xor(left, up, out=half)
        np.right_shift(half, 1, out=half)
        np.add(common, half, out=half)
        np.subtract(shown, half, out=target)
    else:
        _subtract_prediction(padded, channels, target, scratch)


def _subtract_prediction(padded: Bytes, channels: int, target: Bytes, scratch: Bytes) -> None:
    """Write each byte minus whichever of left, up and corner is nearest left + up - corner."""
    left, corner = padded[1:, :-channels], padded[:-1, :-channels]
    up = padded[:-1, channels:]
    from_left, from_up, middle, half, takes, corner_takes = scratch
    # left + up - corner is as far from left as up is from corner, and the other way round.
    _distance(up, corner, from_left, half)
    _distance(left, corner, from_up, half)
    np.less(left, corner, out=takes.view(np.bool_))
    np.less(up, corner, out=middle.view(np.bool_))
    # Is the corner's level between the others'? Only then can it be the nearest itself.
    np.bitwise_xor(middle, takes, out=middle)
    np.right_shift(from_up, 1, out=half)
    np.less_equal(from_left, half, out=corner_takes.view(np.bool_))
    np.less_equal(from_left, from_up, out=takes.view(np.bool_))
    np.greater(takes, middle, out=takes.view(np.bool_))
    np.bitwise_or(takes, corner_takes, out=takes)
    np.right_shift(from_left, 1, out=half)
    np.greater(from_up, half, out=corner_takes.view(np.bool_))
    np.bitwise_and(corner_takes, middle, out=corner_takes)
    np.greater(corner_takes, takes, out=corner_takes.view(np.bool_))
    prediction = _chosen(left, up, takes, half)
    np.bitwise_xor(corner, up, out=from_up)
    np.negative(corner_takes, out=corner_takes)
    np.bitwise_and(from_up, corner_takes, out=from_up)
    np.bitwise_xor(prediction, from_up, out=prediction)
    np.subtract(padded[1:, channels:], prediction, out=target)


def _distance(one: Bytes, other: Bytes, target: Bytes, scratch: Bytes) -> None:
    np.maximum(one, other, out=target)
    np.minimum(one, other, out=scratch)
    np.subtract(target, scratch, out=target)


def _chosen(one: Bytes, other: Bytes, takes: Bytes, target: Bytes) -> Bytes:
    """`one` where takes is 1, `other` where it is 0."""
    np.bitwise_xor(one, other, out=target)
    np.negative(takes, out=takes)
    np.bitwise_and(target, takes, out=target)
    return np.bitwise_xor(target, other, out=target)
