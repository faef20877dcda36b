"""The API key of a request, wherever its client puts it."""

import re
from base64 import b64decode
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote_plus

from starlette.requests import Request

from cutoutd.web.absent import given

SCHEMES: Final = ("bearer", "token", "key")
"""Of `Authorization`, as vendors spell them."""
KEY_HEADERS: Final = (
    "x-api-key",
    "key",
    "x-rapidapi-key",
    "x-picsart-api-key",
    "api-key",
    "rm-token",
)
LOOKED_AT: Final = 65_536
"""Bytes at either end of a body in which a key is looked for."""

_MOST: Final = 8
_FIELD: Final = re.compile(rb'"key"|(?<=[ ;])name="?key"?|(?:^|&)key=')
_IN_JSON: Final = re.compile(rb'\s{0,64}:\s{0,64}"([^"\\]{1,512})"')
_IN_PART: Final = re.compile(
    rb"[^\r\n]{0,128}\r\n(?:[A-Za-z-]{1,64}:[^\r\n]{0,128}\r\n){0,4}\r\n([^\r\n]{1,512})\r\n"
)
_IN_FORM: Final = re.compile(rb"([^&\s]{1,512})")


def presented_key(request: Request) -> str | None:
    """The API key, from `Authorization`, a header or the query of this request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = given(token) if scheme.lower() in SCHEMES else None
    if scheme.lower() == "basic":
        bearer = _password(token)
    named = (given(request.headers.get(name)) for name in KEY_HEADERS)
    header = next((key for key in named if key), None)
    return bearer or header or given(request.query_params.get("key"))


def keys_in_body(window: bytes) -> Iterator[str]:
    """What may be API keys in a stretch of a body, JSON or form: values of fields called `key`.

    Nothing is parsed: the owner of a good key is the client, wherever it stands.
    """
    for name in islice(_FIELD.finditer(window), _MOST):
        rest = window[name.end() : name.end() + 2048]
        if name[0].endswith(b"="):
            found = _IN_FORM.match(rest)
        else:
            found = (_IN_JSON if name[0] == b'"key"' else _IN_PART).match(rest)
        if found:
            text = found[1].decode(errors="replace")
            yield unquote_plus(text) if name[0].endswith(b"=") else text


def _password(token: str) -> str | None:
    """The key of `Authorization: Basic`: the password, or the name where there is none."""
    try:
        name, _, password = b64decode(token.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return given(password) or given(name)
