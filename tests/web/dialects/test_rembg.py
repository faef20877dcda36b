"""rembg's server: the same parameters in forms and in queries."""

import json
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import ValidationError
from tests.inside import PHOTO
from tests.scenes import decoded, encoded

from cutoutd.command import ImageKind, Length, Matting, Point, Prompt, Region, Source
from cutoutd.web.dialects.rembg import RemoveRequest, extras_of

FILE = {"file": ("p.jpg", PHOTO)}


def command(**fields: Any) -> Any:
    return RemoveRequest.model_validate(fields).to_command(Source(url="http://e.com"), model=None)


@pytest.mark.parametrize(
    ("fields", "matting"),
    [
        ({}, None),
        ({"a": "true"}, Matting(foreground_above=240, background_below=10, erode_px=10)),
        (
            {"a": "1", "af": "200", "ab": "20", "ae": "3"},
            Matting(foreground_above=200, background_below=20, erode_px=3),
        ),
        ({"vm": "true"}, Matting(foreground_above=240, background_below=10, erode_px=10)),
    ],
    ids=str,
)
def test_matting_is_asked_for_by_its_letters(
    fields: dict[str, str], matting: Matting | None
) -> None:
    assert command(**fields).matting == matting


def test_the_other_letters_mean_what_they_do_there() -> None:
    assert command(om="true").outputs[0].kind is ImageKind.MASK
    assert command(ppm="true").mask.smooth
    assert command(bgc="1,2,3,4").background.color == (1, 2, 3, 4)


def test_a_colour_without_opacity_is_opaque() -> None:
    assert command(bgc="1, 2, 3").background.color == (1, 2, 3, 255)


@pytest.mark.parametrize("text", ["1", "1,2,3,4,5", "a,b,c", "-1,2,3", "256,0,0", "1e2,0,0"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="bgc"):
        command(bgc=text)


@pytest.mark.parametrize("place", ["params", "data"])
def test_forms_and_queries_mean_the_same(http: httpx.Client, place: str) -> None:
    answer = http.post("/api/remove", files=FILE, **{place: {"om": "true", "model": "silueta"}})
    assert answer.headers["content-type"] == "image/png"
    assert decoded(answer.content).mode == "L"


def test_a_model_that_is_not_here_is_answered_by_the_default_and_said(http: httpx.Client) -> None:
    answer = http.post("/api/remove", files=FILE, data={"model": "birefnet-general"})
    assert answer.status_code == 200
    assert answer.headers["x-model"] == "cutoutd-small"


def test_a_url_is_fetched(http: httpx.Client) -> None:
    answer = http.get("/api/remove", params={"url": "https://e.com/p.jpg", "bgc": "0,0,255,255"})
    assert decoded(answer.content).convert("RGB").getpixel((0, 0)) == (0, 0, 255)


def test_a_url_that_is_none_is_refused(http: httpx.Client) -> None:
    for url in ("ftp://e.com/p.jpg", "nonsense", "http://"):
        assert http.get("/api/remove", params={"url": url}).status_code in (400, 422)


def test_the_prompt_of_segment_anything_is_understood() -> None:
    extras = extras_of(
        '{"sam_prompt": [{"type": "point", "data": [7, 8], "label": 0},'
        ' {"type": "rectangle", "data": [1, 2, 3, 4]}]}'
    )
    assert extras.to_prompt() == Prompt(
        points=(Point(x=Length(value=7), y=Length(value=8), subject=False),),
        boxes=(
            Region(
                left=Length(value=1),
                top=Length(value=2),
                right=Length(value=3),
                bottom=Length(value=4),
            ),
        ),
    )


@pytest.mark.parametrize("text", [None, "", "no json", "[1]", '{"ort": 1}'])
def test_extras_that_say_nothing_are_no_prompt(text: str | None) -> None:
    assert extras_of(text).to_prompt() is None


@pytest.mark.parametrize(
    "text",
    ['{"sam_prompt": [{"type": "point", "data": [1]}]}', '{"cloth_category": "hat"}'],
)
def test_extras_that_are_wrong_are_named(http: httpx.Client, text: str) -> None:
    answer = http.post("/api/remove", files=FILE, data={"extras": text})
    assert answer.status_code == 422
    assert "extras" in answer.text


@pytest.mark.parametrize("word", ["cc", "cloth_category"])
def test_a_category_of_clothes_has_two_names(word: str) -> None:
    assert extras_of(f'{{"{word}": "upper"}}').cloth_category == "upper"


@pytest.mark.parametrize(("x", "left", "right"), [(60, 255, 0), (180, 0, 255)])
def test_segment_anything_is_told_in_pixels(
    http: httpx.Client, x: int, left: int, right: int
) -> None:
    picture = np.zeros((120, 240, 3), dtype=np.uint8)
    picture[30:90, 30:90], picture[30:90, 150:210] = 250, 128
    mark = {"type": "point", "label": 1, "data": [x, 60]}
    fields = {"model": "sam", "om": "true", "extras": json.dumps({"sam_prompt": [mark]})}
    answer = http.post("/api/remove", files={"file": ("p.png", encoded(picture))}, data=fields)
    mask = decoded(answer.content)
    assert (mask.getpixel((60, 60)), mask.getpixel((180, 60))) == (left, right)


def test_there_is_a_page_where_containers_look_whether_it_lives(http: httpx.Client) -> None:
    answer = http.get("/api")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
