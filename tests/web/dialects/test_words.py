"""What a caller reads is the vendor's words or plain ones, never those of our code."""

import importlib
import inspect
import json
import pkgutil
import re
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO

import cutoutd.web
from cutoutd.web.dialects import ALL
from cutoutd.web.fields import RequestFields

from .test_bad_input import VENDORS, Vendor

PATHS = {
    "FetchRequest": "/api/v6/image_editing/fetch",
    "ClientFields": "/api/wallet_balance",
    "UploadRequest": "/api/v6/image_editing/base64_to_url",
    "DeleteRequest": "/api/v3/delete_image",
    "PageRequest": "/api/v6/assets_generated",
}
"""Of the requests that remove no background."""
NO_PICTURE = "aGk="
WRONG: tuple[Any, ...] = ({"a": 1}, [[1]], -1.5, "\x00, perhaps")
OF_PYTHON = re.compile(r"Traceback|<class|NoneType|pydantic|Input should be an instance|\bdict\b")


def class_names() -> set[str]:
    """Every class of ours on the web side, and of the command, whose name is no English word."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(cutoutd.web.__path__, "cutoutd.web.")
    ]
    classes = [one for module in modules for _, one in inspect.getmembers(module, inspect.isclass)]
    names = {one.__name__ for one in classes if one.__module__.startswith(("cutoutd", "pydantic"))}
    return {name for name in names if re.search("[a-z][A-Z]", name)} | {"Upload", "UploadFile"}


FORBIDDEN = re.compile(rf"\b(?:{'|'.join(sorted(class_names()))})\b")


def fields() -> list[tuple[str, str, str]]:
    """(dialect, path, field) of every field that a request of any dialect may have."""
    return [
        (name, PATHS.get(schema.__name__, VENDORS[name].path), alias)
        for name, dialect in ALL.items()
        for schema in dialect.schemas
        if issubclass(schema, RequestFields)
        for alias in schema._images
    ]


def test_the_walk_is_long() -> None:
    assert len(fields()) > 120
    assert "RemoveBgMaskRequest" in class_names()


def judged(vendor: Vendor, answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert not FORBIDDEN.search(answer.text), answer.text
    assert not OF_PYTHON.search(answer.text), answer.text
    if answer.status_code >= 400:
        vendor.shape(answer.json())


@pytest.mark.parametrize("name", ALL)
def test_a_field_of_the_wrong_kind_is_refused_in_words_that_a_caller_knows(
    http: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    sent = json.loads(json.dumps(vendor.picture(PHOTO).get("json", {})))
    whole = dict.fromkeys(sent or {next(iter(vendor.picture(PHOTO).get("files", {"x": 0}))): 0})
    for dialect, path, field in fields():
        if dialect != name:
            continue
        for wrong in WRONG:
            body = {**dict.fromkeys(whole, NO_PICTURE), field: wrong}
            judged(vendor, http.post(path, json=body))
        parts = {field: ("p.jpg", b"\xff\xd8\xff\x00", "image/jpeg")}
        judged(vendor, http.post(path, data=dict.fromkeys(whole, NO_PICTURE), files=parts))


@pytest.mark.parametrize("name", ["removebg", "photoroom", "stability", "clipdrop", "rembg"])
def test_two_files_where_one_is_meant_are_refused_as_two(http: httpx.Client, name: str) -> None:
    vendor = VENDORS[name]
    (field,) = vendor.picture(PHOTO)["files"]
    answer = http.post(vendor.path, files=[(field, ("p.jpg", PHOTO))] * 2)
    assert answer.status_code in (400, 422)
    assert "not several" in vendor.shape(answer.json())


def test_a_missing_field_is_said_as_the_vendor_says_it(http: httpx.Client) -> None:
    answer = http.post("/api/v6/image_editing/removebg_mask", json={"key": ""})
    assert answer.json() == {"status": "error", "message": "image is required."}


@pytest.mark.parametrize(
    ("path", "field"),
    [("/v1.0/removebg", "image_url"), ("/v1/results", "url"), ("/v1.0/removebg", "bg_image_url")],
)
def test_what_is_no_url_is_no_picture_either(http: httpx.Client, path: str, field: str) -> None:
    answer = http.post(path, json={"image_url": "https://e.com/p.jpg", field: "notaurl"})
    assert answer.status_code in (400, 422)
    assert "must be an http(s) URL" in answer.text
    if path == "/v1.0/removebg":
        assert f"invalid_{field}" in answer.text
