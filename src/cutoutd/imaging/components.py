"""Connected parts of a binary image, found on runs of pixels instead of pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a binary image. Pixels that touch at a corner belong together."""

    shape: tuple[int, int]
    starts: Indices
    """Flat position of the first pixel of each run, in rows one pixel wider than the image."""
    ends: Indices
    owner: Indices
    """The part that each run belongs to, 0 to count - 1."""
    count: int

    def areas(self) -> Indices:
        """Pixels of each part."""
        return np.bincount(
            self.owner, weights=self.ends - self.starts, minlength=self.count
        ).astype(np.int64)

    def touches_frame(self) -> Flags:
        """Which parts reach the border of the image."""
        height, width = self.shape
        row, column = np.divmod(self.starts, width + 1)
        reaching = (row == 0) | (row == height - 1) | (column == 0)
        reaching |= self.ends % (width + 1) == width
        return np.bincount(self.owner, weights=reaching, minlength=self.count) > 0

    def paint(self, chosen: Flags) -> Flags:
        """(H, W): the pixels of the chosen parts."""
        height, width = self.shape
        steps = np.zeros(height * (width + 1) + 1, dtype=np.int8)
        runs = chosen[self.owner]
        steps[self.starts[runs]] = 1
        steps[self.ends[runs]] -= 1
        inside = np.cumsum(steps[:-1], dtype=np.int8).reshape(height, width + 1)
        return inside[:, :width].astype(np.bool_)


def find_parts(flags: Flags) -> Parts:
    """The connected parts of the pixels that are set. flags: (H, W)."""
    height, width = flags.shape
    spaced = np.zeros((height, width + 1), dtype=np.int8)
    spaced[:, :width] = flags
    change = np.diff(spaced.ravel(), prepend=0)
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    above, below = _find_touching(starts, ends, width + 1)
    owner = _join(len(starts), above, below)
    names, owner = np.unique(owner, return_inverse=True)
    return Parts((height, width), starts, ends, owner.astype(np.int64), len(names))


def _find_touching(starts: Indices, ends: Indices, stride: int) -> tuple[Indices, Indices]:
    """Pairs of runs in neighbouring rows that share a side or a corner."""
    first = np.searchsorted(ends, starts + stride, side="left")
    stop = np.searchsorted(starts, ends + stride, side="right")
    number = np.maximum(stop - first, 0)
    above = np.repeat(np.arange(len(starts)), number)
    offset = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return above, first[above] + offset


def _join(count: int, one: Indices, other: Indices) -> Indices:
    """For each node the least node that it is connected to, by hooking and pointer jumping."""
    least = np.arange(count)
    while True:
        low = np.minimum(least[one], least[other])
        before = least.copy()
        np.minimum.at(least, least[one], low)
        np.minimum.at(least, least[other], low)
        least = least[least]
        if np.array_equal(before, least):
            return least
