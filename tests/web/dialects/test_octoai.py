"""OctoAI: its defaults, its colours, its two ways to wait."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.inside import PHOTO
from tests.scenes import decoded

from cutoutd.command import ImageKind, MaskEdits, Matting, Source
from cutoutd.web.dialects.octoai import BackgroundRemovalRequest

PICTURE = base64.b64encode(PHOTO).decode()
SOURCE = Source(url="https://example.com/p.jpg")


def command(**fields: Any) -> Any:
    body = BackgroundRemovalRequest.model_validate({"init_image": PICTURE, **fields})
    return body.to_command(SOURCE)


def picture(http: httpx.Client, **fields: Any) -> Image.Image:
    answer = http.post("/background-removal", json={"init_image": PICTURE, **fields})
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"image_b64", "removed_for_safety"}
    return decoded(base64.b64decode(answer.json()["image_b64"], validate=True))


def test_the_defaults_are_the_vendors() -> None:
    assert command().mask == MaskEdits(smooth=True)
    assert command().matting is None
    assert command(alpha_matting=True).matting == Matting(
        foreground_above=240, background_below=10, erode_px=10
    )


def test_only_mask_means_the_mask() -> None:
    assert command(only_mask=True).outputs[0].kind is ImageKind.MASK


@pytest.mark.parametrize(
    ("given", "meant"), [([1, 2, 3], (1, 2, 3, 255)), ([255, 255, 255, 0], (255, 255, 255, 0))]
)
def test_a_colour_has_three_or_four_numbers(given: list[int], meant: tuple[int, ...]) -> None:
    assert command(bgcolor=given).background.color == meant


def test_the_mask_is_one_channel_with_a_white_subject(http: httpx.Client) -> None:
    mask = picture(http, only_mask=True)
    assert mask.mode == "L"
    assert mask.getpixel((160, 120)) == 255
    assert mask.getpixel((0, 0)) == 0


def test_an_opaque_colour_fills_the_background(http: httpx.Client) -> None:
    filled = np.asarray(picture(http, bgcolor=[10, 20, 30]).convert("RGB"))
    assert tuple(filled[0, 0]) == (10, 20, 30)


def test_a_transparent_colour_leaves_the_background_transparent(http: httpx.Client) -> None:
    assert picture(http, bgcolor=[255, 255, 255, 0]).getpixel((0, 0))[3] == 0


def test_a_data_uri_is_taken_too(http: httpx.Client) -> None:
    assert picture(http, init_image=f"data:image/jpeg;base64,{PICTURE}").size == (320, 240)


def test_the_token_is_a_bearer_token(strict_http: httpx.Client) -> None:
    answer = strict_http.post("/background-removal", json={"init_image": PICTURE})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_response_that_is_not_there_yet_is_not_found(http: httpx.Client) -> None:
    assert http.get("/background-removal/1234567/response").status_code == 404


@pytest.mark.parametrize("path", ["/healthcheck", "/background-removal"])
def test_the_sdks_health_check_finds_it_well(http: httpx.Client, path: str) -> None:
    assert http.get(path).json() == {"status": "healthy"}
