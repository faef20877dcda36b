import pytest

from cutoutd.errors import InvalidRequest
from cutoutd.imaging.color import parse_color


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("#f80", (255, 136, 0, 255)),
        ("f80", (255, 136, 0, 255)),
        ("#ff8800", (255, 136, 0, 255)),
        ("FF8800", (255, 136, 0, 255)),
        ("ff880080", (255, 136, 0, 128)),
        ("orange", (255, 165, 0, 255)),
        ("rgb(1, 2, 3)", (1, 2, 3, 255)),
        ("1,2,3", (1, 2, 3, 255)),
        ("1, 2, 3, 4", (1, 2, 3, 4)),
        ([255, 255, 255, 0], (255, 255, 255, 0)),
        ((9, 8, 7), (9, 8, 7, 255)),
    ],
)
def test_a_colour_is_understood_however_people_write_it(
    written: str | list[int], meant: tuple[int, int, int, int]
) -> None:
    assert parse_color(written) == meant


@pytest.mark.parametrize(
    "written", ["", "reddish", "#12345", "1,2", "300,0,0", [1, 2], "x" * 10**6]
)
def test_what_is_no_colour_is_refused_naming_the_field(written: str | list[int]) -> None:
    with pytest.raises(InvalidRequest, match="bg_color") as refused:
        parse_color(written, field="bg_color")
    assert refused.value.field == "bg_color"
