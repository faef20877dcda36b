"""The kinds of fields that requests have."""

import pytest

from cutoutd.command import Matting
from cutoutd.errors import InvalidRequest
from cutoutd.web.fields import FilePicture, Flag, RequestFields, color_of, matting_of
from cutoutd.web.parts import Upload


class Example(RequestFields):
    file: FilePicture | None = None
    flag: Flag = True


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
    assert color_of(text, field="bg") == color


@pytest.mark.parametrize("text", ["", "#12", "nocolor", "12345", "gggggg", "#" * 300])
def test_what_is_no_colour_is_refused_under_its_field(text: str) -> None:
    with pytest.raises(InvalidRequest, match="bg") as refused:
        color_of(text, field="bg")
    assert refused.value.field == "bg"


@pytest.mark.parametrize("blank", [None, "", Upload(data=b"", name=None)])
def test_a_blank_means_the_default(blank: object) -> None:
    example = Example.model_validate({"file": blank, "flag": "", "unknown": 1})
    assert example.file is None
    assert example.flag is True


def test_a_dictionary_is_no_file() -> None:
    with pytest.raises(ValueError, match="file"):
        Example.model_validate({"file": {"data": "x", "name": "y"}})


def test_levels_that_leave_no_band_are_refused_by_the_vendors_name() -> None:
    levels = {"foreground_above": 10, "background_below": 10, "erode_px": 3}
    assert matting_of(**levels, fields=("af", "ab")) == Matting(**levels)
    with pytest.raises(InvalidRequest, match="ab must not be above af"):
        matting_of(foreground_above=9, background_below=10, erode_px=0, fields=("af", "ab"))
