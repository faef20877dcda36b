"""JSON within a budget of values and of depth: a few bytes of text can be many objects."""

from typing import Any, Final

from pydantic_core import from_json

from cutoutd.errors import InvalidRequest
from cutoutd.web.percent import PIECE

MAX_MARKS: Final = 100_000
"""Commas and opening brackets; a value that is not a single one needs one of them."""
_BOM: Final = b"\xef\xbb\xbf"
_SPACE: Final = b" \t\r\n"


def is_object(body: bytes) -> bool:
    """Whether a body begins as a JSON object does; no image file does."""
    return body[:64].removeprefix(_BOM).lstrip(_SPACE).startswith(b"{")


def is_array(body: bytes) -> bool:
    """Whether a body begins as a JSON array does; no image file does."""
    return body[:64].removeprefix(_BOM).lstrip(_SPACE).startswith(b"[")


def read_array(body: bytes) -> list[Any]:
    """The items of a JSON array, as `read_object` reads members. Raises InvalidRequest."""
    items = _parsed(body)
    if not isinstance(items, list):
        raise InvalidRequest("The body must be a JSON array.")
    return items


def read_object(body: bytes) -> dict[str, Any]:
    """The members of a JSON object in UTF-8, with or without a byte order mark.

    Raises InvalidRequest for anything else, and for one that is too rich: more than MAX_MARKS
    values, or deeper than pydantic's parser goes (some 200 levels).
    """
    fields = _parsed(body)
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return fields


def _parsed(body: bytes) -> Any:
    marks = 0
    for start in range(0, len(body), PIECE):
        marks += sum(body.count(mark, start, start + PIECE) for mark in b",[{")
        if marks > MAX_MARKS:
            raise InvalidRequest("The JSON holds too many values.")
    try:
        return from_json(body.removeprefix(_BOM), allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest("The body is not valid JSON.") from error
