"""Clipdrop, Photoroom, Stability, withoutBG: what their clients send and read."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded

CLIPDROP = "/remove-background/v1"
PHOTOROOM = "/v1/segment"
STABILITY = "/v2beta/stable-image/edit/remove-background"


@pytest.mark.parametrize(
    ("accept", "image_format"), [("image/png", "PNG"), ("image/webp", "WEBP"), ("*/*", "PNG")]
)
def test_clipdrop_gives_the_format_that_is_accepted(
    http: httpx.Client, accept: str, image_format: str
) -> None:
    answer = http.post(CLIPDROP, files={"image_file": ("p.jpg", PHOTO)}, headers={"Accept": accept})
    assert decoded(answer.content).format == image_format
    assert int(answer.headers["x-remaining-credits"]) > 0


def test_clipdrop_takes_the_bytes_alone(http: httpx.Client) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    assert decoded(http.post(CLIPDROP, content=PHOTO, headers=kind).content).mode == "RGBA"


@pytest.mark.parametrize(
    ("fields", "image_format", "mode"),
    [
        ({}, "PNG", "RGBA"),
        ({"format": "webp"}, "WEBP", "RGBA"),
        ({"format": "jpg", "bg_color": "red"}, "JPEG", "RGB"),
        ({"channels": "alpha"}, "PNG", "L"),
    ],
    ids=str,
)
def test_photoroom_gives_what_is_asked(
    http: httpx.Client, fields: dict[str, str], image_format: str, mode: str
) -> None:
    answer = http.post(PHOTOROOM, files={"image_file": ("p.jpg", PHOTO)}, data=fields)
    picture = decoded(answer.content)
    assert (picture.format, picture.mode) == (image_format, mode)
    assert int(answer.headers["x-foreground-width"]) > 0


def test_photoroom_crops_to_the_subject(http: httpx.Client) -> None:
    files = {"image_file": ("p.jpg", PHOTO)}
    whole = decoded(http.post(PHOTOROOM, files=files).content)
    cropped = decoded(http.post(PHOTOROOM, files=files, data={"crop": "true"}).content)
    assert cropped.width < whole.width
    assert np.asarray(cropped)[0, :, 3].any()


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_stability_gives_the_format_that_is_asked(http: httpx.Client, output_format: str) -> None:
    answer = http.post(
        STABILITY,
        files={"image": ("p.jpg", PHOTO)},
        data={"output_format": output_format},
        headers={"Accept": "image/*"},
    )
    assert answer.headers["content-type"] == f"image/{output_format}"
    assert answer.headers["finish-reason"] == "SUCCESS"


def test_stability_answers_json_to_those_who_accept_it(http: httpx.Client) -> None:
    answer = http.post(
        STABILITY, files={"image": ("p.jpg", PHOTO)}, headers={"Accept": "application/json"}
    ).json()
    assert answer["finish_reason"] == "SUCCESS"
    assert decoded(base64.b64decode(answer["image"])).mode == "RGBA"


@pytest.mark.parametrize(
    ("path", "name", "mode"),
    [
        ("/v1.0/alpha-channel-base64", "alpha_base64", "L"),
        ("/v1.0/image-without-background-base64", "img_without_background_base64", "RGBA"),
    ],
)
def test_withoutbg_gives_the_mask_or_the_cutout(
    http: httpx.Client, path: str, name: str, mode: str
) -> None:
    body: dict[str, Any] = {"image_base64": base64.b64encode(PHOTO).decode()}
    answer = http.post(path, json=body).json()
    assert decoded(base64.b64decode(answer[name])).mode == mode


def test_photorooms_account_has_enough(http: httpx.Client) -> None:
    assert http.get("/v1/account").json()["credits"]["available"] > 0


def test_photoroom_answers_json_to_those_who_accept_it(http: httpx.Client) -> None:
    body = {"image_file_b64": base64.b64encode(PHOTO).decode()}
    answer = http.post(PHOTOROOM, json=body, headers={"Accept": "application/json"})
    assert decoded(base64.b64decode(answer.json()["base64img"])).mode == "RGBA"
