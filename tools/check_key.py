#!/usr/bin/env python3
"""Try a key on a server that speaks remove.bg's API: its account, a wrong key, one image.

    python3 tools/check_key.py http://127.0.0.1:8000 your-key

Needs Python and nothing else. Prints a line for each check; exits with 1 if one has failed.
"""

import json
import struct
import sys
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator

SIDE = 160
TIMEOUT_S = 120


def drawn() -> bytes:
    """A red disc on a light ground, as a PNG: something that has a subject."""
    middle, radius = SIDE / 2, SIDE * 0.3
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)
        for x in range(SIDE):
            inside = (x - middle) ** 2 + (y - middle) ** 2 < radius**2
            rows += b"\xc0\x20\x28" if inside else b"\xe8\xec\xf0"

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def asked(url: str, key: str, image: bytes | None = None) -> tuple[int, str, bytes]:
    """Status, media type and body of a call; an image is sent as `image_file`."""
    headers, data = {"X-Api-Key": key}, None
    if image is not None:
        part = b'Content-Disposition: form-data; name="image_file"; filename="disc.png"\r\n\r\n'
        data = b"--edge\r\n" + part + image + b"\r\n--edge--\r\n"
        headers["Content-Type"] = "multipart/form-data; boundary=edge"
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


def checks(base: str, key: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """(name, what finds out the reason why not; empty if all is well)."""

    def account() -> str:
        status, _, body = asked(f"{base}/v1.0/account", key)
        if status == 200:
            return "" if "credits" in json.loads(body)["data"]["attributes"] else "no credits in it"
        return f"{status}: {_detail(body)}"

    def wrong() -> str:
        status, _, _ = asked(f"{base}/v1.0/account", f"{key}-but-wrong")
        if status == 200:
            return "a wrong key is taken: this server has no keys (CUTOUTD_API_KEYS)"
        return "" if status == 403 else f"{status} instead of 403"

    def image() -> str:
        status, kind, body = asked(f"{base}/v1.0/removebg", key, drawn())
        if status != 200:
            return f"{status}: {_detail(body)}"
        return "" if kind == "image/png" else f"{kind} instead of image/png"

    yield "the key opens the account", account
    yield "a wrong key does not", wrong
    yield "an image loses its background", image


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["errors"][0]["detail"])
    except (ValueError, KeyError, IndexError, TypeError):
        return body[:200].decode(errors="replace")


def main() -> None:
    """Run every check against the server and key that the command line names."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} http://HOST:PORT KEY")
    failed = 0
    for name, why_not in checks(sys.argv[1].rstrip("/"), sys.argv[2]):
        try:
            reason = why_not()
        except (OSError, ValueError, KeyError) as error:
            reason = f"no answer that can be read: {error}"
        print(f"FAILED  {name}: {reason}" if reason else f"ok      {name}")
        failed += bool(reason)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
