"""Strokes as callers write them."""

import json
from typing import Any

import pytest

from cutoutd.command import Source, Stroke, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.options.table import read_options

LINE = {"points": [[0.1, 0.2], [0.3, 0.4]], "radius": 0.05}


def strokes(**options: Any) -> tuple[Stroke, ...]:
    corrections = read_options(options).to_corrections({})
    return corrections.strokes if corrections else ()


def test_strokes_are_a_list_or_json_text_or_a_file_of_a_brush() -> None:
    meant = (Stroke(points=((0.1, 0.2), (0.3, 0.4)), radius=0.05),)
    assert strokes(strokes=[LINE]) == meant
    assert strokes(strokes=json.dumps([LINE])) == meant
    assert strokes(strokes=json.dumps({"strokes": [LINE]})) == meant


def test_a_mask_may_be_strokes_that_all_mean_the_same() -> None:
    made = strokes(
        remove_mask=json.dumps([LINE]), keep_mask=[LINE], strokes=[{**LINE, "keep": False}]
    )
    assert [one.keep for one in made] == [True, False, False]


def test_a_stroke_may_count_pixels() -> None:
    (made,) = strokes(strokes=[{"points": [[300, 40]], "radius": 12, "unit": "px"}])
    assert made == Stroke(points=((300, 40),), radius=12, unit=Unit.PX)


def test_a_mask_that_is_an_image_is_its_source() -> None:
    source = Source(name="memory")
    corrections = read_options({"keep_mask": b"\x89PNG"}).to_corrections({"keep_mask": source})
    assert corrections is not None
    assert (corrections.keep, corrections.strokes) == (source, ())


@pytest.mark.parametrize("field", ["strokes", "keep_mask", "remove_mask"])
@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ([{"points": [[1.2, 0.5]], "radius": 0.1}], "a stroke lies outside the image."),
        ([LINE] * 10_000, "at most 500 strokes."),
        ([{**LINE, "points": [[0, 0]] * 20_001}], "at most 20000 points in all strokes."),
        ([{**LINE, "radius": 0}], "a stroke's radius must be above 0, at most 0.5."),
        ([{**LINE, "radius": float("nan")}], "a stroke's points and radius must be numbers."),
        ([{**LINE, "points": [["a", 0]]}], "a stroke's points and radius must be numbers."),
        ([{**LINE, "points": [0, 0]}], "a stroke's points must be pairs x, y."),
        ([{**LINE, "points": []}], "a stroke needs a point."),
        ([{**LINE, "unit": "cm"}], "a stroke's unit must be share or px."),
        ([7], "must be a list of strokes like"),
        ("[[[", "must be a list of strokes like"),
    ],
)
def test_bad_strokes_are_refused_in_one_sentence(field: str, written: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_options({field: written})
    assert refused.value.message.startswith(f"{field}: {sentence}")
    assert refused.value.field == field
