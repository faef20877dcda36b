"""Photoroom's `v2/edit`: background, size, padding, place and shadow."""

from typing import Any

import httpx
import numpy as np
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded, encoded

from cutoutd.command import (
    Background,
    Canvas,
    Fit,
    ImageFormat,
    Length,
    Outline,
    Placement,
    ReferenceBox,
    RemoveBackground,
    Shadow,
    ShadowKind,
    Sides,
    Source,
    Unit,
)
from cutoutd.web.dialects.photoroom.schemas import EditRequest

PATH = "/v2/edit"
URL = "https://e.com/p.jpg"
FILE = {"imageFile": ("p.jpg", PHOTO)}
SOURCE = Source(url=URL)


def command(**fields: Any) -> RemoveBackground:
    names = {name.replace("__", "."): value for name, value in fields.items()}
    return EditRequest.model_validate({"imageUrl": URL, **names}).to_command(SOURCE)


def all_around(length: Length) -> Sides:
    return Sides(top=length, right=length, bottom=length, left=length)


def test_a_plain_edit_is_the_cutout(http: httpx.Client) -> None:
    answer = http.post(PATH, files=FILE)
    assert decoded(answer.content).mode == "RGBA"
    assert decoded(answer.content).size == (320, 240)
    assert answer.headers["x-uncertainty-score"] == "-1"


def test_an_image_of_a_url_may_be_asked_for_by_get(http: httpx.Client) -> None:
    answer = http.get(PATH, params={"imageUrl": URL, "background.color": "FFFFFF"})
    assert np.asarray(decoded(answer.content).convert("RGBA"))[..., 3].min() == 255


def test_what_public_callers_send_gets_a_canvas(http: httpx.Client) -> None:
    fields = {
        "removeBackground": "true", "padding": "0.05", "scaling": "fit", "outputSize": "640x480",
        "horizontalAlignment": "center", "verticalAlignment": "center", "export.format": "jpg",
        "background.color": "00FF00", "shadow.mode": "ai.soft",
    }  # fmt: skip
    headers = {"Accept": "image/png, application/json", "x-api-key": "k"}
    picture = decoded(http.post(PATH, files=FILE, data=fields, headers=headers).content)
    assert (picture.format, picture.size) == ("JPEG", (640, 480))
    assert picture.getpixel((5, 5))[1] > 240


def test_a_cropped_subject_is_as_large_as_it_is(http: httpx.Client) -> None:
    fields = {"outputSize": "croppedSubject", "background.color": "transparent"}
    picture = decoded(http.post(PATH, files=FILE, data=fields).content)
    assert picture.width < 320
    assert picture.mode == "RGBA"


def test_a_background_image_comes_as_a_file(http: httpx.Client) -> None:
    green = encoded(np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8))
    files = {**FILE, "background.imageFile": ("b.png", green)}
    picture = decoded(http.post(PATH, files=files).content).convert("RGB")
    assert picture.getpixel((0, 0)) == (0, 200, 0)


def test_a_background_that_stays_is_blurred(http: httpx.Client) -> None:
    fields = {"removeBackground": "false", "background.blur.mode": "gaussian"}
    answer = http.post(PATH, files=FILE, data=fields)
    assert np.asarray(decoded(answer.content).convert("RGBA"))[..., 3].min() == 255


@pytest.mark.parametrize(
    ("fields", "canvas"),
    [
        ({}, None),
        ({"outputSize": "originalImage"}, None),
        ({"outputSize": "800x600"}, Canvas(width=800, height=600)),
        (
            {"outputSize": "800x600", "scaling": "fill"},
            Canvas(width=800, height=600, fit=Fit.COVER),
        ),
        (
            {"outputSize": "800x600", "referenceBox": "originalImage"},
            Canvas(width=800, height=600, reference=ReferenceBox.IMAGE),
        ),
        (
            {"outputSize": "croppedSubject", "padding": "10%"},
            Canvas(padding=all_around(Length(value=10, unit=Unit.PERCENT))),
        ),
        (
            {"outputSize": "80x80", "padding": "5px", "paddingTop": "0.1"},
            Canvas(
                width=80,
                height=80,
                padding=Sides(
                    top=Length(value=10, unit=Unit.PERCENT),
                    right=Length(value=5),
                    bottom=Length(value=5),
                    left=Length(value=5),
                ),
            ),
        ),
        (
            {"outputSize": "80x80", "ignorePaddingAndSnapOnCroppedSides": "false"},
            Canvas(width=80, height=80, snap_cropped_sides=False),
        ),
    ],
    ids=str,
)
def test_size_and_padding_become_a_canvas(fields: dict[str, str], canvas: Canvas | None) -> None:
    found = command(**{name.replace(".", "__"): value for name, value in fields.items()}).canvas
    assert found == canvas


@pytest.mark.parametrize(
    ("fields", "placement"),
    [
        ({}, None),
        ({"padding": "0.1"}, Placement(scale=0.8)),
        ({"verticalAlignment": "bottom"}, Placement(scale=1.0, y=1.0)),
        ({"outputSize": "9x9", "horizontalAlignment": "left"}, Placement(x=0.0)),
    ],
    ids=str,
)
def test_the_subject_stands_where_it_is_told(
    fields: dict[str, str], placement: Placement | None
) -> None:
    assert command(**fields).placement == placement


def test_what_lies_behind_and_around_becomes_the_command() -> None:
    assert command(background__color="f00").background == Background(color=(255, 0, 0, 255))
    assert command(background__color="transparent").background is None
    blurred = command(removeBackground="false", background__blur__mode="bokeh").background
    assert blurred == Background(blur=0.01)
    assert command(outline__width="0.05", outline__color="00f").outline == Outline(
        width=0.05, color=(0, 0, 255)
    )
    made = command(export__format="webp", export__dpi="300")
    assert (made.outputs[0].format, made.dpi) == (ImageFormat.WEBP, 300)
    body = EditRequest.model_validate({"imageUrl": URL, "background.scaling": "fit"})
    behind = body.to_command(SOURCE, Source(url="https://e.com/b.jpg")).background
    assert behind == Background(picture=Source(url="https://e.com/b.jpg"), fit=Fit.CONTAIN)


def test_a_shadow_has_a_kind_and_an_opacity() -> None:
    assert command().shadow is None
    assert command(shadow__mode="ai.soft").shadow == Shadow()
    assert command(shadow__mode="ai.floating").shadow == Shadow(kind=ShadowKind.DROP)
    hard = command(shadow__mode="ai.hard", shadow__intensityOverride="0.9").shadow
    assert hard == Shadow(opacity=0.9, softness=0.004)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"background.prompt": "a beach"}, "background.prompt"),
        ({"lighting.mode": "ai.auto"}, "lighting.mode"),
        ({"editWithAI.mode": "ai.auto"}, "editWithAI.mode"),
        ({"maxWidth": "800"}, "maxWidth"),
        ({"removeBackground": "false"}, "removeBackground"),
        ({"padding": "0.5"}, "padding"),
        ({"padding": "10px"}, "padding"),
        ({"outputSize": "huge"}, "outputSize"),
        ({"outputSize": "20000x20000"}, "outputSize"),
        ({"background.color": "nope"}, "background.color"),
        ({"shadow.mode": "ai.none"}, "shadow.mode"),
        ({"export.format": "gif"}, "export.format"),
        ({"export.dpi": "10"}, "export.dpi"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_its_name(
    http: httpx.Client, fields: dict[str, str], named: str
) -> None:
    answer = http.post(PATH, files=FILE, data=fields)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "status_code", "type"}
    assert named in answer.json()["detail"]


def test_an_edit_needs_one_image(http: httpx.Client) -> None:
    assert "imageFile or imageUrl is required" in http.post(PATH, data={"padding": "0"}).text
    both = http.post(PATH, files=FILE, data={"imageUrl": URL})
    assert "Only one of imageFile and imageUrl" in both.text


def test_an_edit_wants_the_key(strict_http: httpx.Client) -> None:
    assert strict_http.post(PATH, files=FILE).status_code == 403
