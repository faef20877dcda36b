"""Pictures as clients send them: a URL, a data URI, bare base64 or a file part."""

import base64
import re
from urllib.parse import unquote_to_bytes

from cutoutd.command import Source
from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.net.urls import parse_url
from cutoutd.service.files import Files
from cutoutd.storage.store import INPUTS
from cutoutd.web.bodies import Upload

_BETWEEN_URLS = re.compile(r"\s*,\s*(?=https?://)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_STANDARD = bytes.maketrans(b"-_ ", b"+/+")


def read_picture(value: str | Upload, *, field: str, max_bytes: int) -> Source | Upload:
    """The picture that a field's value stands for: a URL, or bytes to be kept.

    Raises InvalidRequest or SourceRejected naming `field`.
    """
    if isinstance(value, Upload):
        return _checked(value, field=field, max_bytes=max_bytes)
    text = value.strip()
    if text[:8].lower().startswith(("http://", "https://")):
        return Source(url=checked_url(text, field=field))
    if text[:5].lower() == "data:":
        data = decode_data_uri(text, field=field, max_bytes=max_bytes)
    elif _SCHEME.match(text):
        raise InvalidRequest(f"{field}: only http and https URLs can be fetched.", field=field)
    else:
        data = decode_base64(text, field=field, max_bytes=max_bytes)
    return _checked(Upload(data=data, name=None), field=field, max_bytes=max_bytes)


async def keep(
    picture: Source | Upload, files: Files, *, client: str, folder: str = INPUTS
) -> Source:
    """The source to put into a command; bytes are stored. Raises Overloaded without room."""
    if isinstance(picture, Source):
        return picture
    return await files.keep(picture.data, client=client, name=picture.name, folder=folder)


def split_urls(text: str) -> list[str]:
    """Several URLs joined by commas, apart; anything else as it is.

    Only a comma before `http://` or `https://` separates: data URIs and some URLs hold commas.
    """
    return [part for part in _BETWEEN_URLS.split(text.strip()) if part]


def checked_url(text: str, *, field: str) -> str:
    """The URL, if it is one we could call. Raises InvalidRequest naming `field`.

    Whether its address may be called is decided when it is called.
    """
    parse_url(text, field=field)
    return text


def decode_data_uri(text: str, *, field: str, max_bytes: int) -> bytes:
    """The bytes of a data URI (RFC 2397). Raises InvalidRequest naming `field`."""
    head, comma, payload = text.partition(",")
    if not comma:
        raise InvalidRequest(f"{field}: the data URI has no data.", field=field)
    if head.lower().endswith(";base64"):
        return decode_base64(payload, field=field, max_bytes=max_bytes)
    try:
        return unquote_to_bytes(payload)
    except UnicodeEncodeError as error:  # Half of a surrogate pair stands for no bytes.
        raise InvalidRequest(f"{field}: the data URI is no text.", field=field) from error


def decode_base64(text: str, *, field: str, max_bytes: int) -> bytes:
    """The bytes of base64 text, standard or URL-safe, padded or not, line breaks allowed.

    A space stands for the plus sign that a form decoder took away. Raises InvalidRequest for
    other characters, SourceRejected when the bytes would be more than `max_bytes`.
    """
    if len(text) * 3 // 4 > max_bytes + max_bytes // 16 + 1024:
        raise too_many_bytes(field, max_bytes)
    try:
        digits = text.strip().encode("ascii").translate(_STANDARD, delete=b"\t\r\n=")
        data = base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except ValueError as error:
        raise InvalidRequest(
            f"{field}: must be an http(s) URL, a data URI or base64 data.", field=field
        ) from error
    return data


def too_many_bytes(field: str, max_bytes: int) -> SourceRejected:
    """The refusal of a picture over the size limit."""
    limit = f"{max_bytes / 1_000_000:.3g} MB"
    return SourceRejected(
        f"{field}: the image is larger than {limit}.", reason="too_many_bytes", field=field
    )


def _checked(upload: Upload, *, field: str, max_bytes: int) -> Upload:
    if not upload.data:
        raise SourceRejected(f"{field}: the image is empty.", reason="empty", field=field)
    if len(upload.data) > max_bytes:
        raise too_many_bytes(field, max_bytes)
    return upload
