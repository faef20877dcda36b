"""The main job over HTTP, against a real server."""

import base64
import io
import json
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.scenes import ball, decoded, encoded, true_alpha

PHOTO = encoded(ball(), "JPEG", quality=95)
DATA_URI = "data:image/jpeg;base64," + base64.b64encode(PHOTO).decode()


@pytest.fixture(scope="module")
def http(server: str) -> Any:
    with httpx.Client(base_url=server, timeout=60) as client:
        yield client


def post(http: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = http.post(
        "/api/v6/image_editing/removebg_mask", json={"key": "", "image": DATA_URI, **fields}
    )
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def made(http: httpx.Client, **fields: Any) -> dict[str, Any]:
    body = post(http, **fields)
    assert body["status"] == "success", body
    return body


def picture(http: httpx.Client, **fields: Any) -> Image.Image:
    return decoded(http.get(made(http, **fields)["output"][0]).content)


def test_a_photo_comes_back_as_a_cutout_of_its_own_size(http: httpx.Client) -> None:
    cutout = picture(http)
    assert cutout.format == "PNG"
    assert cutout.mode == "RGBA"
    assert cutout.size == (320, 240)
    alpha = np.asarray(cutout)[..., 3].astype(int)
    assert np.abs(alpha - true_alpha()).mean() < 16


def test_a_turned_photo_comes_back_upright(http: httpx.Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(ball(), "JPEG", exif=exif)
    uri = "data:image/jpeg;base64," + base64.b64encode(turned).decode()
    assert picture(http, image=uri).size == (240, 320)


def test_the_answer_has_the_vendors_fields_and_spellings(http: httpx.Client) -> None:
    body = made(http, seed=12345, only_mask=True)
    assert isinstance(body["id"], int)
    assert body["generationTime"] > 0
    assert body["proxy_links"] == body["future_links"] == body["output"]
    meta = body["meta"]
    assert meta["alpha_matting"] == "0"
    assert meta["only_mask"] == "1"
    assert meta["base64"] == meta["temp"] == "no"
    assert meta["seed"] == 12345
    assert meta["n_samples"] == 1
    assert meta["outdir"] == "out"
    assert meta["alpha_matting_foreground_threshold"] == 240
    assert body["output"][0].endswith(f"/generations/{meta['file_prefix']}.png")


def test_no_success_body_holds_a_word_that_clients_take_for_a_failure(http: httpx.Client) -> None:
    text = json.dumps(made(http, alpha_matting=True))
    assert "processing" not in text
    assert '"error"' not in text


def test_only_mask_gives_one_channel_and_inverse_mask_turns_it_over(http: httpx.Client) -> None:
    mask = picture(http, only_mask=True)
    inverse = picture(http, only_mask=True, inverse_mask=True)
    assert mask.mode == inverse.mode == "L"
    total = np.asarray(mask).astype(int) + np.asarray(inverse)
    assert np.abs(total - 255).max() <= 1


def test_post_process_mask_leaves_only_sure_levels(http: httpx.Client) -> None:
    levels = np.unique(np.asarray(picture(http, only_mask=True, post_process_mask=True)))
    assert set(levels.tolist()) <= {0, 255}


def test_alpha_matting_changes_the_edge_and_its_limits_count(http: httpx.Client) -> None:
    plain = np.asarray(picture(http, only_mask=True)).astype(int)
    matte = np.asarray(picture(http, only_mask=True, alpha_matting=True)).astype(int)
    wide = np.asarray(
        picture(http, only_mask=True, alpha_matting=True, alpha_matting_erode_size=25)
    ).astype(int)
    assert np.abs(plain - matte).max() > 8
    assert np.abs(matte - wide).max() > 0
    assert np.abs(matte - true_alpha()).mean() < 16


def test_base64_answers_with_a_link_to_a_text_file(http: httpx.Client) -> None:
    link = made(http, base64=True)["output"][0]
    answer = http.get(link)
    assert link.endswith(".base64")
    assert answer.headers["content-type"].startswith("text/plain")
    assert decoded(base64.b64decode(answer.text, validate=True)).mode == "RGBA"


def test_the_same_request_gives_the_same_bytes_under_another_name(http: httpx.Client) -> None:
    first, second = made(http, seed=1), made(http, seed=1)
    assert first["output"] != second["output"]
    assert http.get(first["output"][0]).content == http.get(second["output"][0]).content


def test_several_pictures_come_back_in_their_order(http: httpx.Client, pictures: str) -> None:
    body = made(http, image=f"{pictures}/a.jpg,{pictures}/b.jpg")
    assert len(set(body["output"])) == 2
    assert body["meta"]["n_samples"] == 2
    assert body["meta"]["image_url"] == f"{pictures}/a.jpg,{pictures}/b.jpg"


def test_a_redirected_url_is_followed(http: httpx.Client, pictures: str) -> None:
    assert picture(http, image=f"{pictures}/moved").size == (320, 240)


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart", "json without a type"])
def test_every_encoding_of_the_body_is_read(http: httpx.Client, encoding: str) -> None:
    path = "/api/v6/image_editing/removebg_mask"
    fields = {"key": "", "image": DATA_URI, "only_mask": "true", "webhook": "", "track_id": ""}
    if encoding == "urlencoded":
        answer = http.post(path, data=fields)
    elif encoding == "multipart":
        answer = http.post(path, files={name: (None, text) for name, text in fields.items()})
    else:
        answer = http.post(path, content=json.dumps(fields))
    assert answer.json()["status"] == "success"
    assert answer.json()["meta"]["only_mask"] == "1"


def test_doubled_slashes_in_the_path_do_no_harm(server: str) -> None:
    answer = httpx.post(
        f"{server}//api/v6//image_editing/removebg_mask", json={"key": "", "image": DATA_URI}
    )
    assert answer.json()["status"] == "success"


def test_instant_response_answers_at_once_and_fetch_gives_the_picture(http: httpx.Client) -> None:
    body = post(http, instant_response=True, track_id=7)
    assert body["status"] == "processing"
    assert isinstance(body["eta"], int)
    assert body["output"] == []
    assert body["message"] == body["messege"]
    for _ in range(200):
        state = http.post(body["fetch_result"], json={"key": ""}).json()
        if state["status"] != "processing":
            break
        http.get("/livez")
    assert state["status"] == "success"
    assert state["output"] == body["future_links"]
    assert http.get(state["output"][0]).headers["content-type"] == "image/png"


@pytest.mark.parametrize("request_id", ["0", "999999999999", "abc", "1e3", "-1"])
def test_an_unknown_id_is_said_to_be_unknown(http: httpx.Client, request_id: str) -> None:
    answer = http.post(f"/api/v6/image_editing/fetch/{request_id}", json={"key": ""})
    assert answer.status_code == 200
    assert answer.json() == {"status": "error", "message": "Request not found"}


def data_uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def truncated_jpeg() -> str:
    return data_uri(PHOTO[: len(PHOTO) // 2])


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"image": None}, "image"),
        ({"image": ""}, "image"),
        ({"image": 7}, "image"),
        ({"image": {"a": 1}}, "image"),
        ({"image": "file:///etc/passwd"}, "image"),
        ({"image": "data:image/png;base64,@@@"}, "image"),
        ({"image": data_uri(b"just some text")}, "image"),
        ({"image": truncated_jpeg()}, "image"),
        ({"image": "data:image/png;base64,"}, "image"),
        ({"alpha_matting_foreground_threshold": 999}, "alpha_matting_foreground_threshold"),
        ({"alpha_matting_erode_size": 100_000}, "alpha_matting_erode_size"),
        ({"only_mask": [1]}, "only_mask"),
        ({"seed": "tuesday"}, "seed"),
        ({"webhook": "ftp://h.example/"}, "webhook"),
        ({"webhook": 5}, "webhook"),
    ],
    ids=str,
)
def test_a_bad_field_is_answered_in_the_vendors_shape_and_named(
    http: httpx.Client, fields: dict[str, Any], named: str
) -> None:
    body = post(http, **fields)
    assert set(body) == {"status", "message"}
    assert body["status"] == "error"
    assert named in body["message"]


@pytest.mark.parametrize(
    "path", ["/missing", "/page", "/empty", "/truncated", "/huge", "/loop", "/silent"]
)
def test_a_source_that_fails_is_answered_within_the_limits(
    http: httpx.Client, pictures: str, path: str
) -> None:
    body = post(http, image=pictures + path)
    assert body["status"] == "error"
    assert "image" in body["message"].lower()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"image": NaN}', b"\xff\xfe", b"[" * 10**5]
)
def test_a_body_that_is_no_json_object_is_answered_in_the_vendors_shape(
    http: httpx.Client, body: bytes
) -> None:
    answer = http.post(
        "/api/v6/image_editing/removebg_mask",
        content=body,
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "error"


def test_a_body_over_the_limit_is_refused_unread(http: httpx.Client) -> None:
    answer = http.post(
        "/api/v6/image_editing/removebg_mask",
        content=io.BytesIO(b"x" * 40_000_000),
        headers={"Content-Length": "40000000"},
    )
    assert answer.json()["status"] == "error"
    assert "larger than" in answer.json()["message"]


def test_a_wrong_path_below_the_vendors_is_answered_in_its_shape(http: httpx.Client) -> None:
    answer = http.post("/api/v6/image_editing/nothing", json={})
    assert answer.json()["status"] == "error"


def test_the_result_file_can_be_cached_and_read_in_ranges(http: httpx.Client) -> None:
    link = made(http)["output"][0]
    whole = http.get(link)
    assert whole.headers["content-type"] == "image/png"
    assert "max-age" in whole.headers["cache-control"]
    again = http.get(link, headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    part = http.get(link, headers={"Range": "bytes=0-7"})
    assert part.status_code == 206
    assert part.content == whole.content[:8]


def test_links_are_right_behind_a_proxy(http: httpx.Client) -> None:
    answer = http.post(
        "/api/v6/image_editing/removebg_mask",
        json={"key": "", "image": DATA_URI, "instant_response": True},
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cut.example"},
    ).json()
    assert answer["future_links"][0].startswith("https://cut.example/generations/")
    assert answer["fetch_result"].startswith("https://cut.example/api/v6/image_editing/fetch/")


@pytest.mark.parametrize("key", ["../settings", "..%2f..%2fetc%2fpasswd", ".hidden", "a.png"])
def test_nothing_but_results_can_be_read(http: httpx.Client, key: str) -> None:
    assert http.get(f"/generations/{key}").status_code == 404
    assert http.get(f"/inputs/{key}").status_code == 404
