import numpy as np
import pytest
from training.evaluate import Score, as_text, boundary_f, contestant_of

from cutoutd.command import Quality


def disc(radius: float, *, x: float = 50) -> np.ndarray:
    rows, columns = np.mgrid[:100, :100]
    return np.where(np.hypot(columns - x, rows - 50) < radius, 255, 0).astype(np.uint8)


def test_equal_boundaries_agree_wholly() -> None:
    assert boundary_f(disc(30), disc(30)) == 1


def test_a_boundary_one_pixel_off_still_agrees_and_ten_off_does_not() -> None:
    assert boundary_f(disc(31), disc(30)) > 0.9
    assert boundary_f(disc(40), disc(30)) == 0


def test_an_empty_mask_has_a_boundary_only_if_something_was_there() -> None:
    nothing = np.zeros((100, 100), np.uint8)

    assert boundary_f(nothing, nothing) == 1
    assert boundary_f(nothing, disc(30)) == 0


@pytest.mark.parametrize(("shift", "better"), [(0, 0.99), (25, 0.0)])
def test_the_right_mask_scores_best(shift: int, better: float) -> None:
    score = Score()
    score.add(disc(30, x=50 + shift), disc(30), 8.0)

    row = score.table()

    assert min(row["S"], row["max-F"], row["weighted-F"], row["IoU"]) >= better - 1e-9
    assert (row["MAE"] == 0) is (shift == 0)
    assert row["ms"] == 8


def test_the_table_has_a_row_for_each_model() -> None:
    text = as_text({"a": {"S": 0.9, "ms": 8.25}, "b": {"S": 0.8, "ms": 9.0}})

    assert text.splitlines()[0] == "| model | S | ms |"
    assert text.splitlines()[2:] == ["| a | 0.9000 | 8.2 |", "| b | 0.8000 | 9.0 |"]


def test_a_model_is_asked_at_the_quality_behind_its_name() -> None:
    assert contestant_of("cutoutd-small:high").quality is Quality.HIGH
    assert contestant_of("cutoutd-small").quality is Quality.BALANCED


def test_an_unknown_quality_is_refused() -> None:
    with pytest.raises(ValueError, match="finest"):
        contestant_of("cutoutd-small:finest")
