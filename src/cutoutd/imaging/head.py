"""Where the head of a portrait is, as far as its mask tells: crown to chin.

A help for framing, not biometrics: a mask knows no face. The body is followed upwards from its
lowest row to the crown, past raised arms, and the silhouette downwards from there to the neck, or
where hair hides that to the shoulders.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.command.geometry import Box
from cutoutd.imaging.geometry import bounding_box

ROWS = 400
"""More tell nothing about a silhouette."""
SOLID = 127
NECK = 0.8
"""A narrowing to at most so much of the head's width, before it widens again, is a neck."""
SHOULDERS = 1.5
"""Times the head's width; what is so wide has shoulders."""
CHIN = 0.85
"""Of the way from crown to shoulders, where no neck is seen."""
TURNED_IN = 0.25
"""Share of the way from the neck's width to the head's at which the jaw ends."""


class Head(NamedTuple):
    """A head's place in an image, in px; hair to one side does not move its middle."""

    box: Box
    guessed: bool
    """Whether no neck was seen."""


def find_head(alpha: NDArray[np.uint8]) -> Head | None:
    """The head of the person that an alpha channel, (H, W), shows; None without a subject."""
    step = max(1, len(alpha) // ROWS)
    solid = alpha[::step, ::step] > SOLID
    box = bounding_box(solid.astype(np.uint8))
    if box is None:
        return None
    runs = _follow_up(solid[: box[3]])
    widths = np.array([end - start for start, end in runs], dtype=np.float64)
    rows, guessed = _rows_of_head(widths)
    middle = float(np.median([(start + end) / 2 for start, end in runs[:rows]]))
    half = float(widths[:rows].max()) / 2
    crown = box[3] - len(runs)
    found = (middle - half, float(crown), middle + half, float(crown + rows))
    left, top, right, bottom = (round(one * step) for one in found)
    return Head((left, top, right, min(bottom, len(alpha))), guessed)


def _follow_up(solid: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The body's run of pixels in each row, from the crown down to the last row."""
    runs: list[tuple[int, int]] = []
    for row in solid[::-1]:
        edges = np.flatnonzero(np.diff(row.astype(np.int8), prepend=0, append=0))
        here = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        if runs:
            below = runs[-1]
            here = [one for one in here if one[0] < below[1] and one[1] > below[0]]
        if not here:
            break
        runs.append(max(here, key=lambda run: run[1] - run[0]))
    return runs[::-1]


def _rows_of_head(widths: NDArray[np.float64]) -> tuple[int, bool]:
    """Rows from the crown to the chin, and whether they were guessed."""
    widest = np.maximum.accumulate(widths)
    for row in range(2, len(widths)):
        if widths[row] <= NECK * widest[row] and row > widest[row] / 2:
            narrow = _narrowest(widths, row)
            limit = widths[narrow] + TURNED_IN * (widest[row] - widths[narrow])
            return int(np.argmax(widths[row : narrow + 1] <= limit)) + row, False
        usual = float(np.median(widths[: row + 1]))
        if row > usual / 2 and widths[row] >= SHOULDERS * usual:
            return max(1, round(row * CHIN)), True
    return max(1, min(len(widths), round(1.3 * float(np.median(widths))))), True


def _narrowest(widths: NDArray[np.float64], row: int) -> int:
    """The row where the narrowing that begins here ends."""
    while row + 1 < len(widths) and widths[row + 1] <= widths[row] * 1.02:
        row += 1
    return row
