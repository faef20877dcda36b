"""What a body is, whoever sends it: its content and its type decide, not a file name.

The table is every dialect that takes files by every way clients have of sending one.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO
from tests.web.dialects.test_bad_input import VENDORS, Vendor
from tests.web.forms import form, part

TEXT = base64.b64encode(PHOTO).decode()
MULTIPART = {"Content-Type": "multipart/form-data; boundary=X"}
BOM = b"\xef\xbb\xbf"
URL = "http://pictures.example/größe.jpg"

FIELDS = {
    "native": "image", "modelslab": "image", "api4ai": "image", "removebg": "image_file",
    "rembg": "file", "clipdrop": "image_file", "photoroom": "image_file", "stability": "image",
    "octoai": "init_image", "withoutbg": "image_base64",
    "huggingface": "inputs", "pixian": "image", "slazzer": "source_image_file",
}  # fmt: skip

PARTS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "an image type and no file name": lambda name: (part(name=name, kind="image/jpeg"), PHOTO),
    "filename*": lambda name: (part(name=name) + "; filename*=UTF-8''%e5%9b%be.jpg", PHOTO),
    "neither type nor name": lambda name: (part(name=name), PHOTO),
    "an empty file name": lambda name: (part(name=name, filename=""), PHOTO),
    "a name and no type": lambda name: (part(name=name, filename="a.jpg"), PHOTO),
    "octet-stream": lambda name: (part(name=name, kind="application/octet-stream"), PHOTO),
    "base64 in a file": lambda name: (part(name=name, filename="a.txt"), TEXT.encode()),
    "a data URI in a file": lambda name: (
        part(name=name, filename="a.txt"),
        f"data:image/jpeg;base64,{TEXT}".encode(),
    ),
    "base64 in a text part": lambda name: (part(name=name), TEXT.encode()),
}


def made(vendor: str, answer: httpx.Response) -> None:
    """It answered with an image, as the vendor has it."""
    assert answer.status_code == 200, answer.text[:300]
    if vendor == "modelslab":
        assert answer.json()["status"] == "success", answer.text
    elif "json" in answer.headers["content-type"]:
        assert len(answer.text) > 1000, answer.text
    else:
        assert answer.headers["content-type"].startswith("image/")


@pytest.mark.parametrize("vendor", FIELDS)
@pytest.mark.parametrize("what", PARTS)
def test_a_part_is_a_picture_where_a_picture_is_expected(
    http: httpx.Client, vendor: str, what: str
) -> None:
    body = form(PARTS[what](FIELDS[vendor]))
    made(vendor, http.post(VENDORS[vendor].path, content=body, headers=MULTIPART))


def test_a_part_is_text_where_text_is_expected(http: httpx.Client) -> None:
    body = form(
        (part(name="image"), PHOTO),
        (part(name="format", kind="text/plain; charset=ISO-8859-1"), b"webp"),
        (part(name="crop", filename="", kind="application/octet-stream"), b"true"),
    )
    answer = http.post("/v1/remove-background", content=body, headers=MULTIPART)
    assert answer.headers["content-type"] == "image/webp"


def test_a_picture_where_text_is_expected_is_refused_naming_the_field(http: httpx.Client) -> None:
    body = form((part(name="image"), PHOTO), (part(name="format", filename="a.jpg"), PHOTO))
    answer = http.post("/v1/remove-background", content=body, headers=MULTIPART)
    assert answer.status_code == 400
    assert answer.json()["field"] == "format"


JSON_ROUTES = {"native": "image", "modelslab": "image", "removebg": "image_url", "photoroom": ""}
TYPES = ({"Content-Type": "application/json"}, {}, {"Content-Type": "text/plain"})


@pytest.mark.parametrize("headers", TYPES, ids=["json", "none", "text"])
@pytest.mark.parametrize("before", [b"", BOM, b" \r\n"], ids=["plain", "BOM", "space"])
@pytest.mark.parametrize("vendor", ["native", "modelslab", "removebg"])
def test_json_is_read_with_any_letters_and_with_or_without_a_type(
    http: httpx.Client, vendor: str, before: bytes, headers: dict[str, str]
) -> None:
    text = json.dumps({JSON_ROUTES[vendor]: f"{URL}#größe"}, ensure_ascii=False)
    body = before + text.encode()
    made(vendor, http.post(VENDORS[vendor].path, content=body, headers=headers))


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/files"])
def test_json_is_never_taken_for_a_picture(http: httpx.Client, path: str) -> None:
    body = BOM + json.dumps({"image": f"data:;base64,{TEXT}"}).encode()
    assert http.post(path, content=body, headers=TYPES[0]).status_code in (201, 202)
    body = json.dumps({"größe": 1}, ensure_ascii=False).encode()
    answer = http.post(path, content=body, headers=TYPES[0])
    assert answer.status_code == 400
    assert answer.json()["field"] in ("größe", "image")


@pytest.mark.parametrize(
    "kind", ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded",
             "application/json", "text/plain", ""],
)  # fmt: skip
@pytest.mark.parametrize("body", [PHOTO, TEXT.encode()], ids=["bytes", "base64"])
def test_a_body_that_is_neither_form_nor_json_is_the_picture(
    http: httpx.Client, kind: str, body: bytes
) -> None:
    if body != PHOTO and ("json" in kind or "urlencoded" in kind):
        return  # Text of these types is what they say.
    for vendor in ("native", "clipdrop"):
        answer = http.post(VENDORS[vendor].path, content=body, headers={"Content-Type": kind})
        made(vendor, answer)


PACKED = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


def asked(vendor: Vendor, body: bytes, encoding: str) -> dict[str, Any]:
    kind = "application/json"
    return {"content": body, "headers": {"Content-Type": kind, "Content-Encoding": encoding}}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("vendor", ["native", "modelslab", "removebg"])
def test_a_compressed_body_is_read(http: httpx.Client, vendor: str, encoding: str) -> None:
    body = PACKED[encoding](json.dumps({JSON_ROUTES[vendor]: URL}).encode())
    made(vendor, http.post(VENDORS[vendor].path, **asked(VENDORS[vendor], body, encoding)))


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "rot13"])
@pytest.mark.parametrize("vendor", FIELDS)
def test_another_compression_is_refused_by_its_name(
    http: httpx.Client, vendor: str, encoding: str
) -> None:
    answer = http.post(VENDORS[vendor].path, **asked(VENDORS[vendor], b"{}", encoding))
    assert answer.status_code == (200 if vendor == "modelslab" else 415)
    assert encoding in VENDORS[vendor].shape(answer.json())


@pytest.mark.parametrize("vendor", FIELDS)
def test_a_bomb_in_a_body_is_refused_at_the_limit(http: httpx.Client, vendor: str) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    answer = http.post(VENDORS[vendor].path, **asked(VENDORS[vendor], bomb, "gzip"))
    assert answer.status_code == VENDORS[vendor].statuses["huge"]


@pytest.mark.parametrize("vendor", FIELDS)
@pytest.mark.parametrize("charset", ["punycode", "undefined", "utf-16", "nonsense"])
def test_a_charset_that_is_not_read_is_refused_by_its_name(
    http: httpx.Client, vendor: str, charset: str
) -> None:
    kind = f"multipart/form-data; boundary=X; charset={charset}"
    body = form((part(name="url-"), b"x-" + b"a" * 200_000))
    answer = http.post(VENDORS[vendor].path, content=body, headers={"Content-Type": kind})
    assert answer.status_code < 500
    assert charset in VENDORS[vendor].shape(answer.json())
