"""What a request may cost at most: how long it may stop `/livez`, and what memory it may add.

One table. `tests/fuzz/test_costs.py` sends each line to a server with keys, once as a stranger and
once with a key, with a stopwatch on `/livez`. Bodies are at most 40 MB.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.web.forms import form, part

MODELSLAB: Final = "/api/v6/image_editing/removebg_mask"
"""The key may be in the body, so that strangers' bodies are held."""
NATIVE: Final = "/v1/remove-background"
JSON: Final = "Content-Type: application/json"
FORM: Final = "Content-Type: application/x-www-form-urlencoded"
MULTIPART: Final = "Content-Type: multipart/form-data; boundary=X"

MB: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The most that one request may cost."""

    still_s: float
    """For so long nobody else may be answered, on two cores that do nothing else."""
    memory_bytes: int


STRANGER: Final = Allowance(still_s=0.1, memory_bytes=100 * MB)
CLIENT: Final = Allowance(still_s=0.25, memory_bytes=250 * MB)
"""The text of a body, what it is parsed to, the image: three or four times 40 MB."""


@dataclass(frozen=True, slots=True)
class Body:
    """A request by what is in its body, made of about so many bytes."""

    head: str
    make: Callable[[int], bytes]


def _around(before: bytes, piece: bytes, after: bytes) -> Callable[[int], bytes]:
    return lambda size: before + piece * (size // len(piece)) + after


def _in_json(field: str, piece: bytes) -> Body:
    return Body(JSON, _around(f'{{"{field}":"'.encode(), piece, b'"}'))


def _in_part(piece: bytes, *, kind: str = "", **more: str) -> Body:
    head, _, tail = form((part(name="image", kind=kind, **more), b"|")).partition(b"|")
    return Body(MULTIPART, _around(head, piece, tail))


BODIES: Final[dict[str, Body]] = {
    "JSON: empty lists": Body(JSON, _around(b'{"image":[', b"[],", b"0]}")),
    "JSON: empty objects": Body(JSON, _around(b'{"x":[', b'{"a":{}},', b"0]}")),
    "JSON: numbers": Body(JSON, _around(b'{"init_image":[', b"0,", b"0]}")),
    "JSON: texts": Body(JSON, _around(b'{"subject_at":["', b'","', b'"]}')),
    "JSON: members": Body(
        JSON, lambda size: json.dumps({str(one): 1 for one in range(size // 12)}).encode()
    ),
    "JSON: depth": Body(JSON, _around(b'{"image":', b"[", b"")),
    "JSON: digits": Body(JSON, _around(b'{"image":', b"9", b"}")),
    "JSON: space": Body(JSON, _around(b"{", b" ", b"}")),
    "JSON: escapes": _in_json("image", rb"\u0041"),
    "JSON: letters": _in_json("image", "ß".encode()),
    "JSON: keys": Body(JSON, _around(b"{", b'"key":"x",', b'"a":1}')),
    "image: base64": _in_json("image", b"QUJD"),
    "image: space": Body(JSON, _around(b'{"init_image":"a', b" ", b'b"}')),
    "image: commas": _in_json("image", b", "),
    "image: addresses": Body(JSON, _around(b'{"image":"http://a', b",http://a", b'"}')),
    "image: a long address": Body(JSON, _around(b'{"image":"http://a/', b"a/", b'"}')),
    "image: a scheme": _in_json("image", b"a+"),
    "image: data, percent": Body(JSON, _around(b'{"image":"data:,', b"%00", b'"}')),
    "image: data, bare percent": Body(JSON, _around(b'{"image":"data:,', b"%", b'"}')),
    "image: data, base64": Body(JSON, _around(b'{"image":"data:;base64,', b"%41", b'"}')),
    "text: space": _in_json("webhook", b" "),
    "text: places": _in_json("subject_at", b"0,0 "),
    "text: words": _in_json("outputs", b"mask,"),
    "text: extras": _in_json("extras", b"[],"),
    "form: percent": Body(FORM, _around(b"image=", b"%41", b"")),
    "form: bare percent": Body(FORM, _around(b"image=", b"%", b"")),
    "form: plus": Body(FORM, _around(b"image=", b"+", b"")),
    "form: fields": Body(FORM, _around(b"", b"a=b&", b"")),
    "form: keys": Body(FORM, _around(b"", b"key=x&", b"")),
    "parts: nearly boundaries": _in_part(b"\r\n--"),
    "parts: boundaries": _in_part(b"\r\n--Xa"),
    "parts: line ends": _in_part(b"\r"),
    "parts: base64 in a file": _in_part(b"QUJD", filename="a.txt"),
    "parts: a charset": _in_part(b"a", kind="text/plain; charset=punycode"),
    "parts: many": Body(
        MULTIPART, _around(b"", b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n', b"")
    ),
    "parts: headers": Body(MULTIPART, _around(b"--X\r\n", b"A: b\r\n", b"")),
    "parts: a header": Body(MULTIPART, _around(b"--X\r\nA:", b" ", b"")),
    "parts: keys": Body(MULTIPART, _around(b"--X\r\n", b'x; name="key"\r\n', b"")),
    "parts: of the caller's charset": Body(
        f"{MULTIPART}; charset=punycode", _around(b"--X\r\n", b"x-", b"\r\n--X--\r\n")
    ),
    "packed: zeros": Body(
        f"{JSON}\r\nContent-Encoding: gzip", lambda _: gzip.compress(bytes(MB) * 900, 1)
    ),
    "packed: twice": Body(
        f"{JSON}\r\nContent-Encoding: gzip, gzip",
        lambda _: gzip.compress(gzip.compress(bytes(MB) * 90)),
    ),
    "bytes": Body("Content-Type: image/png", _around(b"", b"\xff", b"")),
}  # fmt: skip


def posted(path: str, body: Body, size: int) -> bytes:
    """The request, with about so many bytes of body."""
    data = body.make(size)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{body.head}\r\nContent-Length: {len(data)}"
    return f"{head}\r\n\r\n".encode() + data


HEADS: Final[dict[str, Callable[[int], bytes]]] = {
    "head: fields": _around(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n", b"a: b\r\n", b"\r\n"),
    "head: a field": _around(b"GET /livez HTTP/1.1\r\nHost: localhost\r\na: ", b"b", b"\r\n\r\n"),
    "head: an address": _around(b"GET /", b"a", b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "head: slashes": _around(b"GET /", b"/", b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "head: percent": _around(b"GET /", b"%0a", b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "head: a query": _around(b"GET /v1/jobs/1?", b"a&", b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "head: line ends": _around(b"", b"\r\n", b"\r\n\r\n"),
    "head: Accept": _around(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAccept: " % NATIVE.encode(),
        b"a/b;q=.1,",
        b"\r\n\r\n",
    ),
    "head: Content-Type": _around(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
        b"Content-Type: multipart/form-data; a=" % MODELSLAB.encode(),
        b'";',
        b"\r\n\r\n",
    ),
    "chunks: of a byte": _around(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        % MODELSLAB.encode(),
        b"1\r\nx\r\n",
        b"0\r\n\r\n",
    ),
    "chunks: extensions": _around(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;"
        % MODELSLAB.encode(),
        b"x",
        b"\r\nx\r\n0\r\n\r\n",
    ),
    "chunks: trailers": _around(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        % MODELSLAB.encode(),
        b"a: b\r\n",
        b"\r\n",
    ),
}
"""Whole requests; the key goes behind the Host."""
