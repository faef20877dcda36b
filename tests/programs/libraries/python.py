"""Python: requests, httpx, and urllib of the standard library."""

import base64
import json
import sys
import urllib.request
from pathlib import Path

import httpx
import requests

library, base, plan, photo, out = sys.argv[1:]
picture = Path(photo).read_bytes()
text = base64.b64encode(picture).decode()


def via_urllib(url: str, field: str, *, as_json: bool) -> tuple[str, bytes]:
    made = httpx.Request("POST", url, files={field: ("p.jpg", picture)})  # Only to build the form.
    kind, body = made.headers["content-type"], made.read()
    if as_json:
        kind, body = "application/json", json.dumps({field: text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["content-type"], answer.read()


def via_package(url: str, field: str, *, as_json: bool) -> tuple[str, bytes]:
    post = requests.post if library == "requests" else httpx.post
    body = {"json": {field: text}} if as_json else {"files": {field: ("p.jpg", picture)}}
    answer = post(url, timeout=60, **body)
    return answer.headers["content-type"], answer.content


send = via_urllib if library == "urllib" else via_package
for line in Path(plan).read_text().splitlines():
    name, kind, field, path = line.split("\t")
    media_type, data = send(base + path, field, as_json=kind == "json")
    Path(out, name).write_bytes(data)
    with Path(out, "types").open("a") as types:
        types.write(f"{name}\t{media_type}\n")
