"""Requests that nobody sends by accident, for every dialect."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.web.dialects.test_bad_input import VENDORS, Vendor

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**400, 0.5, 1e308, -0.0, "", " ", "0", "-1",
    "NaN", "Infinity", "1e999", "true", "\0", "a\0b", "\ud800", "\u202e", "'\"<>;--", "../../etc",
    "%s%n", "{{7*7}}", "http://", "http://[", "data:,", "data:image/png;base64,", "data:;base64,%",
    "x" * 1_000_000, "é" * 10_000, [], [[]], {}, {"a": {"b": []}}, ["x"] * 1000, 100_000,
)  # fmt: skip
FIELDS = (
    "alpha_matting", "alpha_matting_erode_size", "alpha_matting_foreground_threshold",
    "alpha_matting_background_threshold", "only_mask", "inverse_mask", "post_process_mask",
    "base64", "seed", "webhook", "track_id", "key", "temp", "file_prefix", "image", "init_image",
    "image_url", "bgcolor", "bg_color", "bg_image_url", "format", "size", "crop", "crop_margin",
    "scale", "position", "roi", "channels", "a", "af", "ab", "ae", "om", "ppm", "bgc", "model",
    "extras", "matting", "mask", "background", "outputs", "shadow", "region", "max_pixels", "mode",
    "output_format", "quality", "callback", "instant_response", "sources", "url",
)  # fmt: skip
TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "", "image/png",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x",
    "application/json; charset=utf-16", "application/json; charset=nonsense", "a" * 5000,
)  # fmt: skip
ENCODINGS = ({}, {"content-encoding": "gzip"}, {"content-encoding": "br, gzip"})


def fixed(vendor: Vendor) -> Iterator[dict[str, Any]]:
    """The arguments of requests that every dialect must bear."""
    yield {"content": b"[" * 500_000, "headers": {"content-type": "application/json"}}
    yield {"content": b'{"a":' * 100_000, "headers": {"content-type": "application/json"}}
    yield {"content": b'{"image": NaN, "seed": Infinity, "x": 1e999}'}
    yield {"data": {f"field{number}": "x" for number in range(10_000)}}
    yield {"files": {f"field{number}": (None, "x") for number in range(10_000)}}
    yield {"files": {f"file{number}": (f"{number}.png", b"x") for number in range(200)}}
    yield {"content": b"--x\r\n" * 10_000, "headers": {"content-type": TYPES[7]}}
    yield {
        "content": b'--x\r\nContent-Disposition: form-data; name="image"; filename="../../../x"'
        b"\r\nContent-Type: " + b"y" * 100_000 + b"\r\n\r\nz\r\n--x--\r\n",
        "headers": {"content-type": TYPES[7]},
    }
    picture = vendor.picture(b"\x89PNG\r\n\x1a\n")
    for kind in TYPES:
        yield {"content": json.dumps({"image": "x"}).encode(), "headers": {"content-type": kind}}
        yield {"content": b"\xff\xfe\0\0", "headers": {"content-type": kind}}
    for headers in ENCODINGS:
        yield {**picture, "headers": headers}


def strange(chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Without end: a vendor's path and the arguments of a request with odd fields."""
    vendors = list(VENDORS.values())
    while True:
        vendor = chance.choice(vendors)
        names = chance.sample(FIELDS, chance.randrange(1, 6))
        values = {name: chance.choice(VALUES) for name in names}
        yield vendor.path, _spelled(chance, vendor, values)


def _spelled(chance: random.Random, vendor: Vendor, values: dict[str, Any]) -> dict[str, Any]:
    kind = chance.choice(TYPES)
    match chance.randrange(4):
        case 0:
            text = json.dumps(values).encode()
            return {"content": text, "headers": {"content-type": "application/json"}}
        case 1:
            return {"content": json.dumps(values).encode(), "headers": {"content-type": kind}}
        case 2:
            flat = {name: _text(value) for name, value in values.items()}
            return {"data": flat}
        case _:
            flat = {name: (None, _text(value)) for name, value in values.items()}
            return {"files": {**flat, **vendor.picture(b"x").get("files", {})}}


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="replace").decode()
