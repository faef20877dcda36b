"""API4AI: modes, fields, names and sums, boxes, addresses."""

import base64
import hashlib
from typing import Any

import httpx
import numpy as np
import pytest
from tests.inside import PHOTO, sent
from tests.scenes import decoded, encoded

RESULTS = "/v1/results"
FILE = {"image": ("img.jpg", PHOTO, "image/jpeg")}


def found(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["results"]
    assert one["status"] == {"code": "ok", "message": "Success"}
    return dict(one)


def picture(one: dict[str, Any]) -> Any:
    return decoded(base64.b64decode(one["entities"][0]["image"]))


def test_the_answer_has_the_documented_fields(http: httpx.Client) -> None:
    one = found(http.post(RESULTS, files=FILE))
    assert one["name"] == "img.jpg"
    assert one["md5"] == hashlib.md5(PHOTO).hexdigest()
    assert (one["width"], one["height"]) == (320, 240)
    image = one["entities"][0]
    assert (image["kind"], image["name"], image["format"]) == ("image", "general-fg-image", "PNG")
    assert picture(one).mode == "RGBA"


def test_the_box_is_where_the_subject_is_in_shares_of_the_picture(http: httpx.Client) -> None:
    one = found(http.post(RESULTS, files=FILE))
    (subject,) = one["entities"][1]["objects"]
    alpha = np.asarray(picture(one))[..., 3] > 0
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    left, top, width, height = subject["box"]
    assert round(left * 320) == columns[0]
    assert round(top * 240) == rows[0]
    assert round(width * 320) == columns[-1] - columns[0] + 1
    assert round(height * 240) == rows[-1] - rows[0] + 1
    assert "opaque-content" in subject["entities"][0]["classes"]


def test_a_mask_is_one_channel(http: httpx.Client) -> None:
    one = found(http.post(f"{RESULTS}?mode=fg-mask", files=FILE))
    assert one["entities"][0]["name"] == "general-fg-mask"
    assert picture(one).mode == "L"


def test_a_shadow_lies_below_the_subject_and_is_the_same_every_time(http: httpx.Client) -> None:
    plain = np.asarray(picture(found(http.post(RESULTS, files=FILE))))[..., 3].astype(int)
    asked = f"{RESULTS}?mode=fg-image-shadow"
    first, second = (found(http.post(asked, files=FILE)) for _ in range(2))
    assert first["entities"][0]["image"] == second["entities"][0]["image"]
    assert first["entities"][0]["name"] == "general-fg-image-shadow"
    shaded = np.asarray(picture(first))[..., 3].astype(int)
    added = shaded - plain
    rows = np.flatnonzero((added > 8).any(axis=1))
    assert rows.size
    assert rows.mean() > np.flatnonzero((plain > 128).any(axis=1)).mean()


@pytest.mark.parametrize("encoding", ["data", "files"])
def test_a_url_comes_in_either_kind_of_form(http: httpx.Client, encoding: str) -> None:
    url = "https://static.api4.ai/samples/some%20car.jpg"
    form = {"url": url} if encoding == "data" else {"url": (None, url)}
    one = found(http.post(RESULTS, **{encoding: form}))
    assert one["name"] == "some car.jpg"
    assert one["md5"] == hashlib.md5(PHOTO).hexdigest()


def test_empty_fields_count_as_absent(http: httpx.Client) -> None:
    empty = {"url": "", "url-bg": "", "image-bg": ""}
    assert found(http.post(RESULTS, files=FILE, data=empty))["name"] == "img.jpg"


@pytest.mark.parametrize("text", ["http://[", "http://[x]:y/z", "https://", "http:///\u2100"])
def test_what_is_no_url_is_a_failure_in_its_words(http: httpx.Client, text: str) -> None:
    answer = http.post(RESULTS, json={"image": text})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["status"]["code"] == "failure"


def test_the_bytes_decide_the_type_and_not_its_name(http: httpx.Client) -> None:
    png = encoded(np.asarray(decoded(PHOTO)))
    for name, kind in (("x.jpg", "image/jpeg"), ("upload", "application/octet-stream")):
        assert found(http.post(RESULTS, files={"image": (name, png, kind)}))["name"] == name


def test_a_link_instead_of_base64_leads_to_the_picture(http: httpx.Client) -> None:
    one = found(http.post(f"{RESULTS}?representation=url", files=FILE))
    assert decoded(http.get(one["entities"][0]["image"]).content).mode == "RGBA"


@pytest.mark.parametrize("field", ["image-bg", "url-bg"])
def test_a_new_background_is_put_behind_the_subject(http: httpx.Client, field: str) -> None:
    green = encoded(np.full((60, 80, 3), (0, 200, 0), dtype=np.uint8))
    if field == "image-bg":
        answer = http.post(RESULTS, files={**FILE, "image-bg": ("b.png", green)})
        corner = picture(found(answer)).convert("RGB").getpixel((0, 0))
        assert corner == (0, 200, 0)
    else:
        answer = http.post(RESULTS, files=FILE, data={"url-bg": "https://e.com/b.jpg"})
        assert np.asarray(picture(found(answer)).convert("RGBA"))[..., 3].min() == 255


@pytest.mark.parametrize(
    "place",
    [
        "/v1",
        "/img-bg-removal/v1",
        "/img-bg-removal/v1/general",
        "/img-bg-removal/v1/people",
        "/img-bg-removal/v1/cars",
    ],
)
def test_every_address_of_the_vendor_answers(http: httpx.Client, place: str) -> None:
    assert http.get(f"{place}/version").text.startswith("v1.")
    assert http.get(f"{place}/modes").json() == ["fg-image", "fg-image-shadow", "fg-mask"]
    assert http.post(f"{place}/results", data={}).json() == {
        "detail": "Missing image or url field."
    }


def test_a_form_that_ends_without_a_line_break_is_read(world: str) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="url"\r\n\r\nhttps://e.com/x.jpg\r\n--b--'
    head = (
        f"POST {RESULTS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(form)}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    assert found(sent(world, head.encode() + form))["name"] == "x.jpg"


@pytest.mark.parametrize("header", ["X-API-KEY", "X-RapidAPI-Key"])
def test_the_key_comes_in_either_header(strict_http: httpx.Client, header: str) -> None:
    assert strict_http.post(RESULTS, files=FILE, headers={header: "no"}).status_code == 401
    assert (
        strict_http.post(
            RESULTS, files=FILE, headers={header: "a-secret-of-16-characters"}
        ).status_code
        == 503
    )
