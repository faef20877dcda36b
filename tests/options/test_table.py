"""The options as their callers write them."""

from typing import Any

import pytest

from cutoutd.command import Canvas, ImageFormat, ReferenceBox, RemoveBackground, Source
from cutoutd.errors import InvalidRequest
from cutoutd.options.presets import PRESETS
from cutoutd.options.table import read_options


def command(**options: Any) -> RemoveBackground:
    source = (Source(name="memory"),)
    return read_options(options).to_command(source, {}, accepted=ImageFormat.PNG)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_command_with_a_canvas_and_says_whose_rules_it_follows(name: str) -> None:
    assert command(preset=name).canvas is not None
    assert PRESETS[name].source
    assert PRESETS[name].read


def test_what_is_given_beside_a_preset_wins() -> None:
    made = command(preset="amazon", size="1000x1000", background="red", fill="50%")
    assert made.canvas == Canvas(width=1000, height=1000)
    assert made.placement is not None
    assert made.placement.scale == 0.5
    assert made.background is not None
    assert made.background.color == (255, 0, 0, 255)
    assert made.rules == PRESETS["amazon"].rules


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2000x1500", (2000, 1500)),
        ("2000X", (2000, None)),
        (" x1500 ", (None, 1500)),
        ((300, 200), (300, 200)),
    ],
)
def test_a_size_is_written_as_width_x_height(written: Any, meant: Any) -> None:
    assert read_options({"size": written}).size == meant


@pytest.mark.parametrize("written", ["4:5", "4/5", "0.8", 0.8])
def test_a_ratio_is_written_in_any_usual_way(written: Any) -> None:
    assert read_options({"ratio": written}).ratio == 0.8


@pytest.mark.parametrize(
    ("written", "place"),
    [("bottom", [0.5, 1]), ("top left", [0, 0]), ("center", [0.5, 0.5]), ("0.1,90%", [0.1, 0.9])],
)
def test_a_position_is_a_word_or_two_shares(written: str, place: list[float]) -> None:
    assert read_options({"position": written}).position == place


def test_a_head_alone_asks_for_a_canvas() -> None:
    made = command(reference_box="head")
    assert made.canvas == Canvas(reference=ReferenceBox.HEAD)


@pytest.mark.parametrize(
    ("options", "field", "sentence"),
    [
        ({"preset": "amazonas"}, "preset", "preset: must be one of amazon, ebay,"),
        ({"size": "0x0"}, "size", "size: each side must be 1 to 10000 pixels."),
        ({"size": "99999999x1"}, "size", "size: each side"),
        ({"size": "big"}, "size", "size: must be WIDTHxHEIGHT"),
        ({"size": "9x9", "ratio": "1:1"}, "ratio", "ratio: size says both sides already"),
        ({"ratio": "1:0"}, "ratio", "ratio: must be WIDTH:HEIGHT"),
        ({"padding": "50%"}, "padding", "padding: it leaves no room"),
        ({"size": "20x20", "padding": "10px"}, "padding", "padding: it leaves no room"),
        ({"padding": "1 2 3"}, "padding", "padding: must be one, two or four lengths"),
        ({"padding": "-5%"}, "padding", "padding: must be a length"),
        ({"scale": 0.5, "fill": 0.6}, "scale", "scale: give it once; fill is another name"),
        ({"fill": "120%"}, "scale", "scale: must be less than or equal to 1"),
        ({"position": "left left"}, "position", "position: must be like bottom"),
        ({"max_enlargement": 0}, "max_enlargement", "max_enlargement: must be greater"),
        ({"sise": "9x9"}, "sise", "sise: there is no such option."),
        (
            {"background": "red", "background_image": b"x"},
            "background",
            "background: give a colour or an image, not both",
        ),
    ],
)
def test_bad_options_are_refused_in_one_sentence_that_names_the_field(
    options: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_options(options)
    assert refused.value.message.startswith(sentence)
    assert refused.value.field == field
