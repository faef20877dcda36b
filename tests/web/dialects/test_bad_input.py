"""What every vendor answers when a request cannot be served: its status, its shape, its headers.

A case is sent to a running server; what is expected is what that vendor documents.
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from tests.inside import PHOTO, sent, serving

from cutoutd.errors import Overloaded
from cutoutd.web.dialects import ALL

RUNWARE = ("code", "message", "parameter")
TEXT = b"just some text, no image"
TRUNCATED = PHOTO[: len(PHOTO) // 2]


def bomb() -> bytes:
    """A PNG that claims 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0"))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Vendor:
    """How to ask a vendor's API, and what its refusals look like."""

    path: str
    picture: Callable[[bytes], dict[str, Any]]
    """The arguments of a request with this image."""
    shape: Callable[[Any], str]
    """Checks the envelope of a refusal, gives the words in it."""
    statuses: dict[str, int]
    """By case."""
    code: dict[str, str] = field(default_factory=dict)
    """Words that must be in the envelope, by case."""


def as_file(name: str) -> Callable[[bytes], dict[str, Any]]:
    return lambda data: {"files": {name: ("p.jpg", data)}}


def as_base64(name: str) -> Callable[[bytes], dict[str, Any]]:
    return lambda data: {"json": {name: b64(data)}}


def in_input(data: bytes) -> dict[str, Any]:
    """Waited for, as an image that cannot be used is a prediction that failed."""
    url = f"data:image/jpeg;base64,{b64(data)}"
    return {
        "json": {"version": "0" * 64, "input": {"image": url}},
        "headers": {"Prefer": "wait"},
    }


def replicate_shape(body: Any) -> str:
    if "logs" in body:
        assert (body["status"], body["output"]) == ("failed", None)
        return str(body["error"])
    assert (
        {"title", "detail", "status"}
        <= set(body)
        <= {
            "title",
            "detail",
            "status",
            "invalid_fields",
            "retry_after",
        }
    )
    return str(body["detail"])


def fal_shape(body: Any) -> str:
    assert set(body) == {"detail"}
    if isinstance(body["detail"], list):
        assert all(set(found) == {"loc", "msg", "type"} for found in body["detail"])
    return json.dumps(body["detail"])


def in_guidances(data: bytes) -> dict[str, Any]:
    image = {"type": "BASE64", "data": b64(data)}
    guidances = {"image_reference": [{"image": image}]}
    return {"json": {"model": "remove-bg", "parameters": {"guidances": guidances}}}


def leonardo_shape(body: Any) -> str:
    if "error" in body:
        assert set(body) == {"error", "path", "code"}
        return str(body["error"])
    (found,) = body["errors"]
    assert set(found) == {"message", "extensions"}
    assert set(found["extensions"]) == {"code", "statusCode"}
    return f"{found['extensions']['code']} {found['message']}"


def modelslab_shape(body: Any) -> str:
    assert body["status"] == "error"
    assert set(body) <= {"status", "message", "retry_after"}
    return str(body["message"])


def fastapi_shape(body: Any) -> str:
    assert set(body) == {"detail"}
    if isinstance(body["detail"], list):
        assert all({"loc", "msg", "type"} <= set(found) for found in body["detail"])
    return json.dumps(body["detail"])


def removebg_shape(body: Any) -> str:
    (error,) = body["errors"]
    assert set(error) == {"title", "code", "detail"}
    return f"{error['code']} {error['detail']}"


def problem_shape(body: Any) -> str:
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    return f"{body['code']} {body['detail']}"


def api4ai_shape(body: Any) -> str:
    if isinstance(body, str):
        assert body.startswith("Error: Request Entity Too Large")
        return body
    if "detail" in body:
        return str(body["detail"])
    (found,) = body["results"]
    assert found["status"]["code"] == "failure"
    assert found["entities"] == []
    return str(found["status"]["message"])


def one_sentence(name: str, *more: str) -> Callable[[Any], str]:
    def shape(body: Any) -> str:
        assert set(body) == {name, *more}
        return json.dumps(body[name])

    return shape


def huggingface_shape(body: Any) -> str:
    assert "error" in body
    assert set(body) <= {"error", "estimated_time"}
    return json.dumps(body)


def runware_shape(body: Any) -> str:
    (error,) = body["errors"]
    assert {"code", "message"} <= set(error) <= {*RUNWARE, "taskType", "taskUUID"}
    return f"{error['code']} {error['message']}"


def pixian_shape(body: Any) -> str:
    assert set(body["error"]) == {"status", "code", "message"}
    return str(body["error"]["message"])


def statuses(**known: int) -> dict[str, int]:
    return known


VENDORS = {
    "modelslab": Vendor(
        "/api/v6/image_editing/removebg_mask",
        as_base64("image"),
        modelslab_shape,
        statuses(
            missing=200, text=200, truncated=200, bomb=200, large=200, huge=200, key=200, late=200
        ),
        {"missing": "image", "text": "image", "huge": "larger", "key": "API key"},
    ),
    "octoai": Vendor(
        "/background-removal",
        as_base64("init_image"),
        fastapi_shape,
        statuses(
            missing=422, text=422, truncated=422, bomb=422, large=413, huge=413, key=401, late=503
        ),
        {"missing": "init_image", "text": "init_image"},
    ),
    "api4ai": Vendor(
        "/img-bg-removal/v1/general/results",
        as_file("image"),
        api4ai_shape,
        statuses(
            missing=422, text=200, truncated=200, bomb=200, large=413, huge=413, key=401, late=503
        ),
        {"missing": "Missing image or url field.", "text": "Can not load image."},
    ),
    "removebg": Vendor(
        "/v1.0/removebg",
        as_file("image_file"),
        removebg_shape,
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=400, huge=400, key=403, late=429
        ),
        {
            "missing": "missing_source",
            "text": "invalid_file_type",
            "truncated": "failed_to_read_image",
            "bomb": "resolution_too_high",
            "large": "file_too_large",
            "huge": "file_too_large",
            "key": "auth_failed",
            "late": "rate_limit_exceeded",
        },
    ),
    "rembg": Vendor(
        "/api/remove",
        as_file("file"),
        fastapi_shape,
        statuses(
            missing=422, text=400, truncated=400, bomb=400, large=400, huge=400, key=401, late=503
        ),
        {"missing": "file"},
    ),
    "native": Vendor(
        "/v1/remove-background",
        as_file("image"),
        problem_shape,
        statuses(
            missing=400, text=415, truncated=422, bomb=422, large=413, huge=413, key=401, late=503
        ),
        {"missing": "invalid_request", "text": "source_rejected", "late": "overloaded"},
    ),
    "clipdrop": Vendor(
        "/remove-background/v1",
        as_file("image_file"),
        one_sentence("error"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image_file"},
    ),
    "photoroom": Vendor(
        "/v1/segment",
        as_file("image_file"),
        one_sentence("detail", "status_code", "type"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=400, huge=400, key=403, late=429
        ),
        {"missing": "image_file"},
    ),
    "stability": Vendor(
        "/v2beta/stable-image/edit/remove-background",
        as_file("image"),
        one_sentence("errors", "id", "name"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image"},
    ),
    "withoutbg": Vendor(
        "/v1.0/alpha-channel-base64",
        as_base64("image_base64"),
        one_sentence("error", "detail"),
        statuses(
            missing=400, text=415, truncated=415, bomb=415, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image_base64"},
    ),
    "replicate": Vendor(
        "/replicate/v1/predictions",
        in_input,
        replicate_shape,
        statuses(
            missing=422, text=201, truncated=201, bomb=201, large=413, huge=413, key=401, late=429
        ),
        {"missing": "input", "text": "image"},
    ),
    "fal": Vendor(
        "/fal-ai/birefnet/v2",
        as_base64("image_url"),
        fal_shape,
        statuses(
            missing=422, text=422, truncated=422, bomb=422, large=422, huge=413, key=401, late=503
        ),
        {
            "missing": "image_url",
            "text": "image_load_error",
            "bomb": "image_too_large",
            "large": "file_too_large",
        },
    ),
    "leonardo": Vendor(
        "/api/rest/v2/generationssync",
        in_guidances,
        leonardo_shape,
        statuses(
            missing=200, text=200, truncated=200, bomb=200, large=200, huge=413, key=401, late=503
        ),
        {"missing": "model", "text": "BAD_REQUEST image_reference", "late": "SERVICE_UNAVAILABLE"},
    ),
    "huggingface": Vendor(
        "/models/briaai/RMBG-1.4",
        as_base64("inputs"),
        huggingface_shape,
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=503
        ),
        {"missing": "inputs", "late": "estimated_time"},
    ),
    "runware": Vendor(
        "/v1",
        lambda data: {
            "json": {"taskType": "removeBackground", "taskUUID": "u", "inputImage": b64(data)}
        },
        runware_shape,
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "invalidParameter", "key": "invalidApiKey"},
    ),
    "picsart": Vendor(
        "/tools/1.0/removebg",
        as_file("image"),
        one_sentence("message", "detail", "code"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image or image_url"},
    ),
    "pixian": Vendor(
        "/api/v2/remove-background",
        as_file("image"),
        pixian_shape,
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image.url"},
    ),
    "removalai": Vendor(
        "/3.0/remove",
        as_file("image_file"),
        one_sentence("message", "status"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "image_file"},
    ),
    "slazzer": Vendor(
        "/v2.0/remove_image_background",
        as_file("source_image_file"),
        one_sentence("error"),
        statuses(
            missing=400, text=400, truncated=400, bomb=400, large=413, huge=413, key=401, late=429
        ),
        {"missing": "source_image_file"},
    ),
}

ANSWER_LATER = {"modelslab", "replicate"}
"""Vendors whose answer is a job that is not done yet."""

PICTURES = {"text": TEXT, "truncated": TRUNCATED, "bomb": bomb(), "large": bytes(1_200_000)}


def with_headers(request: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return {**request, "headers": {**request.get("headers", {}), **headers}}


def refused(vendor: Vendor, case: str, answer: httpx.Response) -> None:
    assert answer.status_code == vendor.statuses[case], answer.text[:300]
    body = answer.json() if "json" in answer.headers["content-type"] else answer.text
    words = vendor.shape(body)
    assert vendor.code.get(case, "") in words
    assert "Traceback" not in words
    assert "/" not in words.replace("http(s)", "").replace("and/or", "").replace("base64", "")


def test_every_dialect_has_its_table() -> None:
    assert set(VENDORS) == set(ALL)


@pytest.mark.parametrize("name", VENDORS)
def test_a_request_without_a_picture_is_refused_in_the_vendors_words(
    http: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    for nothing in ({}, {"json": {}}, {"data": {"x": "y"}}, {"files": {"x": (None, "y")}}):
        refused(vendor, "missing", http.post(vendor.path, **nothing))


@pytest.mark.parametrize("case", PICTURES)
@pytest.mark.parametrize("name", VENDORS)
def test_a_bad_picture_is_refused_in_the_vendors_words(
    http: httpx.Client, name: str, case: str
) -> None:
    vendor = VENDORS[name]
    refused(vendor, case, http.post(vendor.path, **vendor.picture(PICTURES[case])))


@pytest.mark.parametrize("name", VENDORS)
def test_a_body_over_the_limit_is_refused_unread(world: str, name: str) -> None:
    vendor = VENDORS[name]
    head = f"POST {vendor.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000000\r\n\r\n"
    refused(vendor, "huge", sent(world, head.encode()))


@pytest.mark.parametrize("name", VENDORS)
def test_a_wrong_or_missing_key_is_refused_in_the_vendors_words(
    strict_http: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    for headers in ({}, {"X-Api-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
        request = with_headers(vendor.picture(PHOTO), headers)
        refused(vendor, "key", strict_http.post(vendor.path, **request))


@pytest.mark.parametrize("name", [name for name in VENDORS if name not in ANSWER_LATER])
def test_a_picture_that_takes_too_long_is_given_up_with_a_time_to_come_back(
    strict_http: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    key = {"X-Api-Key": "a-secret-of-16-characters"}
    answer = strict_http.post(vendor.path, **with_headers(vendor.picture(PHOTO), key))
    refused(vendor, "late", answer)
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("name", VENDORS)
def test_a_full_queue_says_when_to_come_back(name: str) -> None:
    options = SimpleNamespace(modelslab_status_codes=False)
    app = SimpleNamespace(state=SimpleNamespace(context=SimpleNamespace(options=options)))
    request = Request({"type": "http", "method": "POST", "headers": [], "path": "/", "app": app})
    answer = ALL[name].render_error(request, Overloaded("Too many.", retry_after_s=7))
    assert answer.headers["retry-after"] == "7"
    assert answer.status_code == VENDORS[name].statuses["late"]


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused_in_the_vendors_words(
    http: httpx.Client, name: str, body: bytes
) -> None:
    vendor = VENDORS[name]
    answer = http.post(vendor.path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500
    vendor.shape(answer.json())


@pytest.mark.parametrize(
    ("path", "fields", "status", "named"),
    [
        ("/background-removal", {"bgcolor": [1, 2]}, 422, "bgcolor"),
        ("/background-removal", {"bgcolor": [1, 2, 300]}, 422, "bgcolor"),
        ("/background-removal", {"bgcolor": "red"}, 422, "bgcolor"),
        ("/background-removal", {"only_mask": "perhaps"}, 422, "only_mask"),
        ("/background-removal", {"alpha_matting_erode_size": 10**5}, 422, "erode_size"),
        ("/background-removal", {"alpha_matting_foreground_threshold": 5}, 422, "threshold"),
        ("/v1/results?mode=fg-nothing", {}, 422, "mode"),
        ("/v1/results?mode=fg-image-hideclp", {}, 422, "mode"),
        ("/v1/results?representation=gif", {}, 422, "representation"),
        ("/v1.0/removebg", {"size": "gigantic"}, 400, "invalid_size"),
        ("/v1.0/removebg", {"format": "bmp"}, 400, "invalid_format"),
        ("/v1.0/removebg", {"channels": "rgb"}, 400, "invalid_channels"),
        ("/v1.0/removebg", {"roi": "0% 0%"}, 400, "invalid_roi"),
        ("/v1.0/removebg", {"roi": "50% 0% 50% 100%"}, 400, "roi_region_empty"),
        ("/v1.0/removebg", {"roi": "100px 50px 5000px 199px"}, 400, "roi_exceeds_bounds"),
        ("/v1.0/removebg", {"roi": "0% 0% 100% 101%"}, 400, "roi_exceeds_bounds"),
        ("/v1.0/removebg", {"scale": "5%"}, 400, "invalid_scale"),
        ("/v1.0/removebg", {"scale": "big"}, 400, "invalid_scale"),
        ("/v1.0/removebg", {"position": "north"}, 400, "invalid_position"),
        ("/v1.0/removebg", {"crop": "true", "crop_margin": "1em"}, 400, "invalid_crop_margin"),
        ("/v1.0/removebg", {"crop": "true", "crop_margin": "90%"}, 400, "invalid_crop_margin"),
        ("/v1.0/removebg", {"bg_color": "nocolor"}, 400, "invalid_bg_color"),
        ("/v1.0/removebg", {"bg_image_url": "ftp://x/y"}, 400, "invalid_bg_image_url"),
        ("/v1.0/removebg", {"semitransparency": "maybe"}, 400, "invalid_semitransparency"),
        (
            "/v1.0/removebg",
            {"bg_color": "fff", "bg_image_url": "https://e.com/b.jpg"},
            400,
            "multiple_bg_sources",
        ),
        ("/api/remove", {"bgc": "1,2"}, 422, "bgc"),
        ("/api/remove", {"bgc": "1,2,3,999"}, 422, "bgc"),
        ("/api/remove", {"af": "-1"}, 422, "af"),
        ("/api/remove", {"ae": "100000"}, 422, "ae"),
        ("/api/remove", {"a": "true", "af": "10", "ab": "200"}, 422, "ab"),
        ("/v1/remove-background", {"outputs": "cutout,shadow"}, 400, "outputs"),
        ("/v1/remove-background", {"format": "bmp"}, 400, "format"),
        ("/v1/remove-background", {"feather_px": "nan"}, 400, "feather_px"),
        ("/v1/remove-background", {"region": "0,0,0,1"}, 400, "region"),
        ("/v1/remove-background", {"model": "no-such-model"}, 400, "model"),
        ("/v1/remove-background", {"background": "#12"}, 400, "background"),
        ("/v1/remove-background", {"webhook": "ftp://x/"}, 422, "webhook"),
        ("/v1/segment", {"size": "tiny"}, 400, "size"),
        ("/v1/segment", {"bg_color": "nope"}, 400, "bg_color"),
        ("/v2beta/stable-image/edit/remove-background", {"output_format": "gif"}, 400, "format"),
        (
            "/replicate/v1/predictions",
            {"input": {"image": "https://e.com/p.jpg", "threshold": 7}},
            422,
            "threshold",
        ),
        ("/remove-background/v1", {"transparency_handling": "x"}, 400, "transparency"),
        ("/models/briaai/no-such-model", {}, 404, "does not exist"),
        ("/v1", {"taskType": "imageInference"}, 400, "taskType"),
        ("/v1", {"outputType": "file"}, 400, "outputType"),
        ("/v1", {"webhookURL": "https://e.com"}, 400, "webhookURL"),
        ("/v1", {"settings": {"alphaMattingErodeSize": 10**5}}, 400, "alphaMattingErodeSize"),
        ("/tools/1.0/removebg", {"output_type": "x"}, 400, "output_type"),
        ("/tools/1.0/removebg", {"bg_blur": "101"}, 400, "bg_blur"),
        ("/tools/1.0/removebg", {"shadow": "x"}, 400, "shadow"),
        ("/api/v2/remove-background", {"result.margin": "5em"}, 400, "result.margin"),
        ("/api/v2/remove-background", {"result.target_size": "9"}, 400, "result.target_size"),
        ("/api/v2/remove-background", {"output.format": "delta_png"}, 400, "output.format"),
        ("/3.0/remove", {"crop": "perhaps"}, 400, "crop"),
        ("/v2.0/remove_image_background", {"bg_color": "nope"}, 400, "bg_color"),
    ],
    ids=str,
)
def test_a_parameter_out_of_its_range_is_refused_under_its_name(
    http: httpx.Client, path: str, fields: dict[str, Any], status: int, named: str
) -> None:
    names = {vendor.path: vendor.picture for vendor in VENDORS.values()}
    names["/models/briaai/no-such-model"] = VENDORS["huggingface"].picture
    request = names.get(path, as_file("image"))(PHOTO)
    if "json" in request:
        answer = http.post(path, json=request["json"] | fields)
    else:
        answer = http.post(path, data=fields, **request)
    assert answer.status_code == status, answer.text
    assert named in answer.text


@pytest.mark.parametrize(
    ("path", "fields", "status", "word"),
    [
        (
            "/v1.0/removebg",
            {"image_url": "https://e.com/p.jpg", "image_file_b64": b64(PHOTO)},
            400,
            "multiple_sources",
        ),
        (
            "/v1/results",
            {"url": "https://e.com/p.jpg", "image": b64(PHOTO)},
            422,
            "Only one of image and url",
        ),
        (
            "/tools/1.0/removebg",
            {"image": b64(PHOTO), "image_url": "https://e.com/p.jpg"},
            400,
            "Only one of image and image_url",
        ),
        (
            "/v1/remove-background",
            {"image": "https://e.com/p.jpg", "file": "x"},
            400,
            "either image or file",
        ),
    ],
    ids=["removebg", "api4ai", "picsart", "native"],
)
def test_two_pictures_where_one_is_meant_are_refused(
    http: httpx.Client, path: str, fields: dict[str, str], status: int, word: str
) -> None:
    answer = http.post(path, data=fields)
    assert answer.status_code == status
    assert word in answer.text


NOWHERE = {
    "modelslab": "/api/v6/image_editing/no_such_call",
    "octoai": "/background-removal/7/nothing",
    "api4ai": "/img-bg-removal/v1/nothing",
    "removebg": "/v1.0/improve",
    "rembg": "/api/nothing",
    "native": "/v1/jobs/7/nothing",
    "photoroom": "/v2/nothing",
    "huggingface": "/hf-inference/nothing",
    "picsart": "/tools/1.0/nothing",
    "pixian": "/api/v2/nothing",
    "removalai": "/3.0/nothing",
    "slazzer": "/v2.0/nothing",
    "stability": "/v2beta/stable-image/edit/inpaint",
    "replicate": "/replicate/v1/trainings",
    "fal": "/fal-ai/birefnet/v3",
    "leonardo": "/api/rest/v1/nothing/here",
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", NOWHERE)
def test_an_address_that_a_vendor_does_not_have_here_is_said_in_its_words(
    http: httpx.Client, name: str, method: str
) -> None:
    answer = http.request(method, NOWHERE[name])
    words = VENDORS[name].shape(answer.json())
    assert answer.status_code == (200 if name == "modelslab" else 404)
    assert re.search("nothing|no such|not found", words)


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server whose only client has had its job for this minute."""
    data_dir = tmp_path_factory.mktemp("spent")
    with (
        serving(data_dir, jobs_per_minute=1) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        assert http.post("/api/remove", files={"file": PHOTO}).status_code == 200
        yield http


@pytest.mark.parametrize("name", VENDORS)
def test_a_client_over_its_limit_is_told_so_and_when_to_come_back(
    spent: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    answer = spent.post(vendor.path, **vendor.picture(PHOTO))
    assert answer.status_code == (200 if name == "modelslab" else 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert "Rate limit exceeded" in vendor.shape(answer.json())


UNDELIVERABLE = [
    "http://127.0.0.1:8293/w",
    "https://localhost/w",
    "http://10.0.0.7/w",
    "http://[::1]/w",
    "http://2130706433/w",
    "http://169.254.169.254/latest",
    "nonsense",
]


@pytest.mark.parametrize("url", UNDELIVERABLE)
def test_a_webhook_that_can_never_be_delivered_is_refused_at_once(
    http: httpx.Client, url: str
) -> None:
    native = http.post("/v1/jobs", json={"image": b64(PHOTO), "webhook": url})
    assert 400 <= native.status_code < 500
    assert native.json()["field"] == "webhook"
    path = VENDORS["modelslab"].path
    answer = http.post(path, json={"image": b64(PHOTO), "webhook": url}).json()
    assert modelslab_shape(answer).startswith("webhook: ")
