"""Images as text: base64 and data URIs, decoded in pieces."""

import binascii
import re
from typing import Final

from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.web.percent import PIECE, percent_decoded

_STANDARD: Final = bytes.maketrans(b"-_ ", b"+/+")
_NO_DIGITS: Final = b"\t\r\n\f="
_IS_BASE64: Final = re.compile(r"; *base64\Z", re.IGNORECASE)


def decode_data_uri(text: str, *, field: str, max_bytes: int) -> bytes:
    """The bytes of a `data:` URL, as the WHATWG's Fetch standard reads it.

    Percent-encoding is undone before base64 is. Raises InvalidRequest naming `field`.
    """
    head, comma, payload = text.partition(",")
    if not comma:
        raise InvalidRequest(f"{field}: the data URI has no data.", field=field)
    payload = payload.partition("#")[0]
    try:
        data = percent_decoded(payload.encode())
    except UnicodeEncodeError as error:  # Half of a surrogate pair stands for no bytes.
        raise InvalidRequest(f"{field}: the data URI is no text.", field=field) from error
    if _IS_BASE64.search(head[-64:].rstrip()):
        return _decoded(data, field=field, max_bytes=max_bytes)
    return data


def decode_base64(text: str, *, field: str, max_bytes: int) -> bytes:
    """The bytes of base64 text, standard or URL-safe, padded or not, line breaks allowed.

    A space stands for the plus sign that a form decoder took away. Raises InvalidRequest for
    other characters, SourceRejected when the bytes would be more than `max_bytes`.
    """
    if _bytes_of(len(text)) > _allowed(max_bytes):
        raise too_many_bytes(field, max_bytes)
    try:
        digits = text.encode("ascii")
    except UnicodeEncodeError as error:
        raise _not_base64(field) from error
    return _decoded(digits, field=field, max_bytes=max_bytes)


def too_many_bytes(field: str, max_bytes: int) -> SourceRejected:
    """The refusal of an image over the size limit."""
    limit = f"{max_bytes / 1_000_000:.3g} MB"
    return SourceRejected(
        f"{field}: the image is larger than {limit}.", reason="too_many_bytes", field=field
    )


def _decoded(text: bytes, *, field: str, max_bytes: int) -> bytes:
    if _bytes_of(len(text)) > _allowed(max_bytes):
        raise too_many_bytes(field, max_bytes)
    text = text.strip()
    data, rest = bytearray(), b""
    try:
        for start in range(0, len(text), PIECE):
            piece = text[start : start + PIECE].translate(_STANDARD, delete=_NO_DIGITS)
            digits = rest + piece
            whole = len(digits) // 4 * 4
            data += binascii.a2b_base64(digits[:whole], strict_mode=True)
            rest = digits[whole:]
        data += binascii.a2b_base64(rest + b"=" * (-len(rest) % 4), strict_mode=True)
    except ValueError as error:
        raise _not_base64(field) from error
    return bytes(data)


def _not_base64(field: str) -> InvalidRequest:
    return InvalidRequest(
        f"{field}: must be an http(s) URL, a data URI or base64 data.", field=field
    )


def _bytes_of(digits: int) -> int:
    return digits * 3 // 4


def _allowed(max_bytes: int) -> int:
    """Line breaks and the like are no data: a sixteenth more, and a little."""
    return max_bytes + max_bytes // 16 + 1024
