"""Strokes and painted images on a mask that lacks half of a drawn bar."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.command import Stroke, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.budget import Budget
from cutoutd.imaging.corrections import OVER_BUDGET, correct, marks_of_image, marks_of_strokes

SHAPE = (120, 200)
TRUTH = np.zeros(SHAPE, np.bool_)
TRUTH[50:70, 20:180] = True


def bar() -> NDArray[np.uint8]:
    """A red bar before a grey wall, with some noise."""
    noise = np.random.default_rng(5).integers(-6, 7, (*SHAPE, 1))
    colors = np.where(TRUTH[..., None], (200, 40, 40), (110, 120, 130)) + noise
    return np.dstack([colors, np.full(SHAPE, 255)]).astype(np.uint8)


def budget(seconds: float = 60) -> Budget:
    return Budget(seconds=seconds, memory_bytes=10**9)


def half_lost() -> NDArray[np.uint8]:
    mask = np.where(TRUTH, np.uint8(255), np.uint8(0))
    mask[:, 100:] = 0
    return mask


STROKE = Stroke(points=((0.55, 0.5), (0.85, 0.5)), radius=0.11)


def test_a_stroke_floods_to_the_edge_and_is_no_hard_blob() -> None:
    mask, notes = correct(half_lost(), bar(), marks_of_strokes([STROKE], SHAPE), budget=budget())
    found, region = mask > 127, np.s_[:, 110:170]
    union = (found | TRUTH)[region].sum()
    assert (found & TRUTH)[region].sum() / union > 0.95
    assert notes == ()


def test_beyond_the_rim_nothing_changes() -> None:
    before = half_lost()
    before[5, 5] = 77
    mask, _ = correct(before, bar(), marks_of_strokes([STROKE], SHAPE), budget=budget())
    np.testing.assert_array_equal(mask[:, :80], before[:, :80])
    np.testing.assert_array_equal(mask[:25], before[:25])


def test_an_erasing_stroke_takes_away_up_to_the_edge() -> None:
    mask = np.full(SHAPE, 255, np.uint8)
    stroke = Stroke(points=((0.3, 0.2), (0.7, 0.2)), radius=0.17, keep=False)
    mask, _ = correct(mask, bar(), marks_of_strokes([stroke], SHAPE), budget=budget())
    assert (mask[10:46, 70:130] < 20).all()
    assert (mask[53:67, 70:130] > 235).all()


def test_the_later_stroke_wins() -> None:
    erase = Stroke(points=STROKE.points, radius=STROKE.radius, keep=False)
    painted = list(marks_of_strokes([STROKE, erase], SHAPE))
    mask, _ = correct(half_lost(), bar(), painted, budget=budget())
    assert mask[60, 140] < 20
    mask, _ = correct(half_lost(), bar(), painted[::-1], budget=budget())
    assert mask[60, 140] > 235


def test_a_painted_image_floods_like_a_stroke() -> None:
    painted = np.zeros((*SHAPE, 4), np.uint8)
    painted[..., 3] = 255
    painted[46:74, 105:175, :3] = 255
    marks = marks_of_image(painted, SHAPE, keep=True)
    mask, _ = correct(half_lost(), bar(), marks, budget=budget())
    assert (mask[53:67, 115:165] > 235).all()
    assert mask[47, 110:170].mean() < 60


def test_without_time_what_is_certain_is_painted_and_that_is_said() -> None:
    mask, notes = correct(half_lost(), bar(), marks_of_strokes([STROKE], SHAPE), budget=budget(0))
    assert notes == (OVER_BUDGET,)
    assert mask[60, 140] == 255


@pytest.mark.parametrize("unit", Unit)
def test_a_dot_at_the_frame_is_a_stroke(unit: Unit) -> None:
    place = ((1.0, 1.0),) if unit is Unit.PERCENT else ((200.0, 120.0),)
    stroke = Stroke(points=place, radius=0.01 if unit is Unit.PERCENT else 2, unit=unit)
    mask, _ = correct(half_lost(), bar(), marks_of_strokes([stroke], SHAPE), budget=budget())
    assert mask[-1, -1] == 255


def test_a_stroke_outside_the_image_is_refused() -> None:
    stroke = Stroke(points=((201, 5),), radius=2, unit=Unit.PX)
    with pytest.raises(InvalidRequest, match=r"strokes: a stroke lies outside the image\."):
        marks_of_strokes([stroke], SHAPE)


def test_a_painted_image_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(InvalidRequest, match="remove_mask: it has 9 x 7 .* 200 x 120") as refused:
        marks_of_image(np.zeros((7, 9, 4), np.uint8), SHAPE, keep=False)
    assert refused.value.field == "remove_mask"


def test_hundreds_of_strokes_that_take_turns_need_no_more_memory_than_one() -> None:
    shape = (3000, 3000)
    strokes = [
        Stroke(points=((0.3 + number / 2000, 0.5),), radius=0.002, keep=number % 2 == 0)
        for number in range(500)
    ]
    marks = list(marks_of_strokes(strokes, shape))
    assert len(marks) == 500
    assert sum(one.core.nbytes + one.rim.nbytes for one in marks) < 3000 * 3000


def test_a_painted_image_without_white_means_nothing() -> None:
    black = np.zeros((*SHAPE, 4), np.uint8)
    assert marks_of_image(black, SHAPE, keep=True) == []
