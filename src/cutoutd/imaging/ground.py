"""Where a subject stands: the parts of its lower contour that touch the ground.

A car touches it with each wheel, a person with each shoe. Seen a little from above, the ground
rises with distance: what touches farther back does so higher in the image.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SOLID = 127
REACH = 0.02
"""Share of the subject's height: contour so near above a part's lowest point belongs to it."""
PROMINENCE = 0.03
"""Between two parts the contour rises by at least so much."""
DEPTH = 0.25
"""A part stands at most so far above the lowest one."""
SLOPE = 0.5
"""And the ground between the two rises by at most so many pixels a pixel."""


class Contact(NamedTuple):
    """A part that touches the ground, in px."""

    left: int
    right: int
    """Exclusive."""
    bottom: int
    """The row below its lowest pixel."""


def find_contacts(alpha: NDArray[np.uint8]) -> list[Contact]:
    """The parts that touch the ground, from left to right. alpha: (H, W)."""
    contour = lower_contour(alpha)
    columns = np.flatnonzero(contour)
    if not columns.size:
        return []
    solid_rows = np.flatnonzero((alpha > SOLID).any(axis=1))
    height = int(solid_rows[-1] - solid_rows[0]) + 1
    found = _parts(contour, prominence=max(2.0, PROMINENCE * height), reach=REACH * height)
    lowest = max(found, key=lambda one: one.bottom)
    return [one for one in found if _stands(one, lowest, height)]


def lower_contour(alpha: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(W,): for each column the row below its lowest solid pixel; 0 where there is none."""
    solid = alpha > SOLID
    rows = len(alpha) - np.argmax(solid[::-1], axis=0)
    return np.where(solid.any(axis=0), rows, 0)


def _stands(one: Contact, lowest: Contact, height: int) -> bool:
    rise = lowest.bottom - one.bottom
    apart = max(0, one.left - lowest.right, lowest.left - one.right)
    return rise <= DEPTH * height and rise <= max(SLOPE * apart, REACH * height)


def _parts(contour: NDArray[np.int64], *, prominence: float, reach: float) -> list[Contact]:
    """Bottoms of the contour with a rise between them, taken from the lowest up."""
    parts: list[Contact] = []
    taken = contour == 0
    while not taken.all():
        bottom = int(np.where(taken, 0, contour).argmax())
        level = int(contour[bottom])
        left, right = _around(contour, bottom, level - prominence)
        near = np.flatnonzero(contour[left:right] >= level - reach)
        taken[left:right] = True
        if not _continues(parts, left, right):
            parts.append(Contact(left + int(near[0]), left + int(near[-1]) + 1, level))
    return sorted(parts)


def _continues(parts: list[Contact], left: int, right: int) -> bool:
    """Whether a stretch only climbs away from a part that was found before."""
    return any(left <= part.right and part.left <= right for part in parts)


def _around(contour: NDArray[np.int64], place: int, level: float) -> tuple[int, int]:
    """The columns about a place where the contour is below that level (lower in the image)."""
    above = np.flatnonzero(contour <= level)
    before, after = above[above < place], above[above > place]
    left = int(before[-1]) + 1 if before.size else 0
    right = int(after[0]) if after.size else len(contour)
    return left, right
