"""Heads in drawn silhouettes."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.head import find_head

CROWN, CHIN = 60, 160


def person(*, neck: int = 40, arms: bool = False) -> NDArray[np.uint8]:
    """(H, W): an oval head from row 60 to 160, a neck of this width, shoulders from row 180."""
    y, x = np.mgrid[:400, :400]
    head = ((x - 200) / 40) ** 2 + ((y - 110) / 50) ** 2 < 1
    body = (abs(x - 200) < neck / 2) & (y >= 110) & (y < 180)
    body |= (abs(x - 200) < 100) & (y >= 180)
    if arms:
        body |= (abs(abs(x - 200) - 90) < 10) & (y >= 10)
    return np.where(head | body, np.uint8(255), np.uint8(0))


def test_a_neck_ends_the_head() -> None:
    head = find_head(person())
    assert head is not None
    left, top, right, bottom = head.box
    assert (abs(left - 160) <= 2, abs(right - 240) <= 2) == (True, True)
    assert abs(top - CROWN) <= 2
    assert abs(bottom - CHIN) <= 15
    assert not head.guessed


def test_raised_arms_are_not_the_crown() -> None:
    head = find_head(person(arms=True))
    assert head is not None
    assert abs(head.box[1] - CROWN) <= 2


def test_hair_that_hides_the_neck_makes_the_chin_a_guess() -> None:
    head = find_head(person(neck=78))
    assert head is not None
    assert head.guessed
    assert abs(head.box[3] - CHIN) <= 15


def test_nobody_has_no_head() -> None:
    assert find_head(np.zeros((50, 50), np.uint8)) is None
