"""The kinds of fields that requests have."""

from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from cutoutd.errors import InvalidRequest
from cutoutd.options.refusal import invalid_from
from cutoutd.web.fields import (
    Color,
    FileImage,
    Flag,
    Level,
    RequestFields,
    not_above,
    several,
)
from cutoutd.web.parts import Upload


class Example(RequestFields):
    file: FileImage | None = None
    flag: Flag = True
    color: Color | None = None
    af: Level = 240
    ab: Annotated[Level, not_above("af")] = Field(10, validate_default=True)


def refusal(**fields: object) -> InvalidRequest:
    with pytest.raises(ValidationError) as refused:
        Example.model_validate(fields)
    return invalid_from(refused.value.errors())


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("81d4fa", (0x81, 0xD4, 0xFA, 255)),
        ("#81D4FA", (0x81, 0xD4, 0xFA, 255)),
        ("fff", (255, 255, 255, 255)),
        ("#fff8", (255, 255, 255, 0x88)),
        ("81d4fa77", (0x81, 0xD4, 0xFA, 0x77)),
        (" White ", (255, 255, 255, 255)),
        ("rgb(1,2,3)", (1, 2, 3, 255)),
    ],
)
def test_a_colour_is_read_in_every_spelling(text: str, color: tuple[int, ...]) -> None:
    assert Example.model_validate({"color": text}).color == color


@pytest.mark.parametrize("text", ["#12", "nocolor", "12345", "gggggg", "256,0,0", "1,2", "#" * 300])
def test_what_is_no_colour_is_refused_under_its_field(text: str) -> None:
    assert refusal(color=text).field == "color"


@pytest.mark.parametrize("blank", [None, "", Upload(data=b"", name=None)])
def test_a_blank_means_the_default(blank: object) -> None:
    example = Example.model_validate({"file": blank, "flag": "", "unknown": 1})
    assert example.file is None
    assert example.flag is True


def test_a_dictionary_is_no_file() -> None:
    with pytest.raises(ValueError, match="file"):
        Example.model_validate({"file": {"data": "x", "name": "y"}})


def test_levels_that_leave_no_band_are_refused_by_the_vendors_name() -> None:
    assert Example.model_validate({"af": 10, "ab": 10}).ab == 10
    assert refusal(af=9).message == "ab: must not be above af."
    assert refusal(ab=241).field == "ab"


def test_a_level_is_not_compared_with_one_that_is_none() -> None:
    assert refusal(af="many", ab=250).field == "af"


def test_a_small_language_is_text_in_the_api_description() -> None:
    schema = Example.model_json_schema()["properties"]["color"]
    assert schema["anyOf"] == [{"maxLength": 256, "type": "string"}, {"type": "null"}]


@pytest.mark.parametrize("given", ["https://e.com/p.jpg", ["https://e.com/p.jpg"]])
def test_one_value_is_a_list_of_one(given: object) -> None:
    assert several(given) == ["https://e.com/p.jpg"]
