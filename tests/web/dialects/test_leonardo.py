import base64
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.scenes import decoded

from cutoutd.command import ImageFormat, ImageKind, ShadowKind, Source
from cutoutd.web.dialects.leonardo.schemas import RemoveBgParameters

SYNC = "/api/rest/v2/generationssync"
URL = {"type": "URL", "url": "https://e.com/p.jpg"}
BASE64 = {"type": "BASE64", "data": base64.b64encode(PHOTO).decode()}


def asked(image: Any = URL, **parameters: Any) -> dict[str, Any]:
    guidances = {"image_reference": [{"image": image}], **parameters.pop("guidances", {})}
    return {"model": "remove-bg", "parameters": {"guidances": guidances, **parameters}}


def generated(http: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(SYNC, json=body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert "errors" not in found, found
    return found


def command_of(**fields: Any) -> Any:
    parameters = asked(**fields)["parameters"]
    return RemoveBgParameters.model_validate(parameters).to_command(Source(url="https://e.com/p"))


@pytest.mark.parametrize("image", [URL, BASE64, {**URL, "url": f"data:;base64,{BASE64['data']}"}])
def test_the_image_is_linked_or_in_the_answer(http: httpx.Client, image: dict[str, str]) -> None:
    linked = generated(http, asked(image, type="person") | {"public": True})
    assert set(linked) == {"id", "cost", "results", "blockedCount"}
    assert linked["cost"] == {"amount": "0", "unit": "DOLLARS"}
    assert linked["blockedCount"] == 0
    (result,) = linked["results"]
    assert set(result) == {"contentType", "url", "width", "height"}
    assert (result["contentType"], result["width"], result["height"]) == ("image/png", 320, 240)
    data = http.get(result["url"]).content
    assert decoded(data).mode == "RGBA"
    (inside,) = generated(http, asked(image) | {"base64": True})["results"]
    assert set(inside) == {"contentType", "dataB64", "width", "height"}
    assert base64.b64decode(inside["dataB64"]) == data


def test_a_generation_is_fetched_later_and_deleted(http: httpx.Client) -> None:
    made = http.post("/api/rest/v2/generations", json=asked(format="webp")).json()["generate"]
    assert made["cost"] == {"amount": "0", "unit": "DOLLARS"}
    path = f"/api/rest/v1/generations/{made['generationId']}"
    while (found := http.get(path).json()["generations_by_pk"])["status"] == "PENDING":
        assert found["generated_images"] == []
    assert found["status"] == "COMPLETE"
    (image,) = found["generated_images"]
    assert decoded(http.get(image["url"]).content).format == "WEBP"
    deleted = {"delete_generations_by_pk": {"id": made["generationId"]}}
    assert http.delete(path).json() == deleted
    assert http.get(image["url"]).status_code == 410


def test_a_generation_that_failed_says_so(http: httpx.Client) -> None:
    bad = {"type": "BASE64", "data": base64.b64encode(b"no image at all").decode()}
    made = http.post("/api/rest/v2/generations", json=asked(bad)).json()["generate"]
    path = f"/api/rest/v1/generations/{made['generationId']}"
    while (found := http.get(path).json()["generations_by_pk"])["status"] == "PENDING":
        pass
    assert found["status"] == "FAILED"
    assert found["errorMessage"]
    assert found["generated_images"] == []


def test_a_generation_that_there_is_not_is_null(http: httpx.Client) -> None:
    job = http.post("/v1/jobs", json={"image": "https://e.com/p.jpg"}).json()
    for generation_id in ("999999", "b3a6c1d2-0000-0000-0000-000000000000", job["id"]):
        path = f"/api/rest/v1/generations/{generation_id}"
        assert http.get(path).json() == {"generations_by_pk": None}
        assert http.delete(path).json() == {"delete_generations_by_pk": None}


def test_a_parameter_becomes_its_part_of_the_command() -> None:
    assert command_of().max_pixels == 25_000_000
    assert command_of(size="preview").max_pixels == 250_000
    assert command_of(size="50MP").max_pixels == 50_000_000
    assert command_of().outputs[0].format is ImageFormat.PNG
    assert command_of(format="jpg").outputs[0].format is ImageFormat.JPEG
    assert command_of(channels="alpha").outputs[0].kind is ImageKind.MASK
    assert command_of(bg_color="81d4fa").background.color == (0x81, 0xD4, 0xFA, 255)
    assert command_of(crop=True, crop_margin="10px 5%").crop.top.value == 10
    assert command_of(crop_margin="10px").crop is None
    assert command_of(roi="0% 0% 50% 100%").region.right.value == 50
    assert command_of(scale="80%").placement.scale == 0.8
    assert command_of(position="10% 20%").placement.y == 0.2
    assert command_of(shadow_type="drop", shadow_opacity=30).shadow.opacity == 0.3
    assert command_of(shadow_type="3d").shadow.kind is ShadowKind.LONG
    assert command_of(shadow_type="car").shadow.kind is ShadowKind.CONTACT
    assert command_of(semitransparency=False).mask.fill_holes


def test_a_background_image_lies_behind(http: httpx.Client) -> None:
    behind = {"background_image_reference": [{"image": BASE64}]}
    body = asked(format="jpg", guidances=behind) | {"base64": True}
    (result,) = generated(http, body)["results"]
    picture = decoded(base64.b64decode(result["dataB64"]))
    assert (picture.mode, picture.size) == ("RGB", (320, 240))


def test_an_upload_is_an_image_by_its_id(http: httpx.Client) -> None:
    file_id = http.post("/v1/files", files={"image": PHOTO}).json()["id"]
    image = {"type": "UPLOADED", "id": file_id}
    assert generated(http, asked(image))["results"][0]["width"] == 320
    for unknown in ("b3a6c1d2-0000-0000-0000-000000000000", f"{'a' * 32}-{'b' * 32}"):
        answer = http.post(SYNC, json=asked({"type": "UPLOADED", "id": unknown}))
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_an_ephemeral_link_lives_for_half_an_hour(http: httpx.Client) -> None:
    lives = []
    for ephemeral in (True, False):
        made = generated(http, asked() | {"ephemeral": ephemeral})
        job = http.get(f"/v1/jobs/{made['id']}").json()
        ended, expires = (seconds_of(job[name]) for name in ("finished_at", "expires_at"))
        lives.append(expires - ended)
    assert lives[0] == 1800
    assert lives[1] > 1800


def seconds_of(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize("path", [SYNC, "/api/rest/v2/generations"])
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "model"),
        ({"model": "remove-bg"}, "parameters"),
        ({"model": "remove-bg", "parameters": {}}, "guidances"),
        ({**asked(), "model": "gpt-image-1"}, "model"),
        ({"model": "remove-bg", "parameters": {"guidances": {"image_reference": []}}}, "image_ref"),
        (asked({"type": "URL"}), "url"),
        (asked({**URL, **BASE64}), "data"),
        (asked({"type": "URL", "url": "file:///etc/passwd"}), "image_reference"),
        (asked({"type": "BASE64", "data": "%%%"}), "image_reference"),
        (asked({"type": "GENERATED", "id": "x"}), "GENERATED"),
        (asked({"type": "FILE", "url": "x"}), "type"),
        (asked(size="4k"), "size"),
        (asked(type="cat"), "type"),
        (asked(type_level="3"), "type_level"),
        (asked(format="zip"), "format"),
        (asked(format="auto"), "format"),
        (asked(channels="rgb"), "channels"),
        (asked(bg_color="nocolor"), "bg_color"),
        (asked(crop=True, crop_margin="90%"), "crop_margin"),
        (asked(roi="0% 0%"), "roi"),
        (asked(roi="50% 0% 50% 100%"), "roi"),
        (asked(scale="5%"), "scale"),
        (asked(position="north"), "position"),
        (asked(shadow_type="auto"), "shadow_type"),
        (asked(shadow_opacity=101), "shadow_opacity"),
        (asked(semitransparency="maybe"), "semitransparency"),
        (asked(quantity=2), "quantity"),
        (asked(bg_image_url="https://e.com/b.jpg"), "bg_image_url"),
        (
            asked(bg_color="fff", guidances={"background_image_reference": [{"image": URL}]}),
            "bg_color",
        ),
    ],
    ids=str,
)
def test_a_bad_field_is_named_with_http_200(
    http: httpx.Client, path: str, body: dict[str, Any], named: str
) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == 200
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST", "statusCode": 400}
    assert named in error["message"]


def test_the_user_is_the_client(tmp_path: Path) -> None:
    key = "a-secret-of-16-characters"
    with serving(tmp_path / "d", api_keys=(key,)) as base:
        headers = {"Authorization": f"Bearer {key}"}
        found = httpx.get(f"{base}/api/rest/v1/me", headers=headers).json()
        assert found["user_details"][0]["user"]["id"]
        answer = httpx.get(f"{base}/api/rest/v1/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "access-denied"
