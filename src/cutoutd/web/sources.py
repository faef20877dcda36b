"""Images as clients send them: a URL, a data URI, bare base64 or a file part."""

import re
from typing import Final

from cutoutd.command import Source
from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.net.urls import MAX_URL_CHARS, parse_url
from cutoutd.service.files import Files
from cutoutd.storage.store import INPUTS
from cutoutd.web.base64_text import decode_base64, decode_data_uri, too_many_bytes
from cutoutd.web.parts import Upload

MOST_URLS: Final = 100
_BETWEEN_URLS: Final = re.compile(r",(?=\s*https?://)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,31}:", re.IGNORECASE)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_=\s-]{1,64}")


def read_image(value: str | Upload, *, field: str, max_bytes: int) -> Source | Upload:
    """The image that a field's value stands for: a URL, or bytes to be kept.

    A file may hold base64 text or a data URI instead of an image. Raises InvalidRequest or
    SourceRejected naming `field`.
    """
    if isinstance(value, Upload):
        data = _unwrapped(value.data, field=field, max_bytes=max_bytes)
        return _checked(data, value.name, field=field, max_bytes=max_bytes)
    text = value.strip()
    if _is_url(text):
        return Source(url=checked_url(text, field=field))
    if text[:5].lower() == "data:":
        data = decode_data_uri(text, field=field, max_bytes=max_bytes)
    elif _SCHEME.match(text):
        raise InvalidRequest(f"{field}: only http and https URLs can be fetched.", field=field)
    else:
        data = decode_base64(text, field=field, max_bytes=max_bytes)
    return _checked(data, None, field=field, max_bytes=max_bytes)


async def keep(
    image: Source | Upload, files: Files, *, client: str, folder: str = INPUTS
) -> Source:
    """The source to put into a command; bytes are stored. Raises Overloaded without room."""
    if isinstance(image, Source):
        return image
    return await files.keep(image.data, client=client, name=image.name, folder=folder)


def split_urls(text: str) -> list[str]:
    """Several URLs joined by commas, apart; anything else as it is.

    Only a comma before `http://` or `https://` separates: data URIs and some URLs hold commas.
    At most MOST_URLS and one more, which is too many.
    """
    text = text.strip()
    if not _is_url(text):
        return [text] if text else []
    text = text[: MOST_URLS * (MAX_URL_CHARS + 2)]
    return [part.strip() for part in _BETWEEN_URLS.split(text, maxsplit=MOST_URLS)]


def checked_url(text: str, *, field: str) -> str:
    """The URL, if it is one we could call. Raises InvalidRequest naming `field`.

    Whether its address may be called is decided when it is called.
    """
    parse_url(text, field=field)
    return text


def _is_url(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def _unwrapped(data: bytes, *, field: str, max_bytes: int) -> bytes:
    """The bytes that base64 text in a file stands for; what is no such text stays as it is."""
    head = data[:64]
    if head[:5].lower() == b"data:" and data.isascii():
        return decode_data_uri(data.decode("ascii"), field=field, max_bytes=max_bytes)
    if not _BASE64.fullmatch(head) or not data.isascii():
        return data
    try:
        return decode_base64(data.decode("ascii"), field=field, max_bytes=max_bytes)
    except SourceRejected:
        raise
    except InvalidRequest:
        return data


def _checked(data: bytes, name: str | None, *, field: str, max_bytes: int) -> Upload:
    if not data:
        raise SourceRejected(f"{field}: the image is empty.", reason="empty", field=field)
    if len(data) > max_bytes:
        raise too_many_bytes(field, max_bytes)
    return Upload(data=data, name=name)
