"""The names of what is stored, and the fingerprint of a request: pure functions.

Every name holds an id that its owner can be told by, so that a link to a stored picture can be
given back as the next picture without asking anybody whose it is.
"""

import hashlib
import json
import mimetypes
import re
import uuid

from cutoutd.command import ImageFormat, Output, RemoveBackground
from cutoutd.storage.store import INPUTS, PRIVATE, TEMPORARY, UPLOADS

BASE64 = ".base64"
"""How the name of a picture ends that was asked for as text."""

_EXTENSIONS = {
    ImageFormat.AUTO: "",  # Unknown until the pixels are; the bytes will say.
    ImageFormat.PNG: ".png",
    ImageFormat.WEBP: ".webp",
    ImageFormat.JPEG: ".jpg",
    ImageFormat.AVIF: ".avif",
}


_RANDOM_DIGITS = 24
"""Hexadecimal ones at the start of an id: 90 random bits, and a UUID's version and variant."""
_LONGEST_LINK = 8192
_LINK = re.compile(
    r"(?i:https?)://[^?#]*/([A-Za-z0-9._-]+/[A-Za-z0-9._-]*?"
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[A-Za-z0-9._-]*)(?:[?#].*)?"
)
_UPLOAD = re.compile(r"[0-9a-f]{32}-([0-9a-f]{32})")


def new_id(client: str) -> uuid.UUID:
    """An unguessable id whose last digits only this client's name leads to."""
    random = uuid.uuid4().hex[:_RANDOM_DIGITS]
    return uuid.UUID(random + _mark(random, client))


def own_key(text: str, client: str) -> str | None:
    """The key behind a link to a picture, or an upload's id, that this client's requests made.

    Whatever host the link names: it may be another address of ours. None for all other text.
    """
    text = text[: _LONGEST_LINK + 1].strip()
    if len(text) > _LONGEST_LINK:
        return None
    link, upload = _LINK.fullmatch(text), _UPLOAD.fullmatch(text)
    if link and _is_own(link[2].replace("-", ""), client):
        return link[1]
    return f"{UPLOADS}/{text}" if upload and _is_own(upload[1], client) else None


def upload_key(data: bytes, *, folder: str, client: str) -> str:
    """An unguessable key for uploaded bytes, whose first part is equal for equal bytes."""
    return f"{folder}/{hashlib.sha256(data).hexdigest()[:32]}-{new_id(client).hex}"


def temporary_key(media_type: str, *, client: str) -> str:
    """An unguessable key for bytes that the web side serves for a day."""
    return f"{TEMPORARY}/{new_id(client)}{mimetypes.guess_extension(media_type) or ''}"


def artifact_keys(
    command: RemoveBackground, folder: str, prefix: str | None, suffix: str = "", *, client: str
) -> tuple[str, ...]:
    """One unguessable key for each source and output: `folder/prefix<uuid>-n<suffix>.ext`.

    A single one has no number. Folder and prefix are one name each: anything but letters,
    digits, `.`, `_` and `-` becomes `-`, leading dots go, and the folder of the uploads is not
    to be had.
    """
    place = _plain(folder) or "generations"
    if place in PRIVATE:
        place = f"_{place}"
    start = f"{place}/{_plain(prefix or '')}{new_id(client)}"
    outputs = [output for _ in command.sources for output in command.outputs]
    end = re.sub(r"[^A-Za-z0-9._-]", "-", suffix)[:64]
    return tuple(
        f"{start}{f'-{number}' if len(outputs) > 1 else ''}{end}{_extension(output)}"
        for number, output in enumerate(outputs)
    )


def fingerprint(command: RemoveBackground, dialect: str) -> str:
    """Equal for equal requests: an upload counts by its content, not by its random key."""
    text = re.sub(rf'("{INPUTS}/[0-9a-f]{{32}})-[0-9a-f]{{32}}"', r'\1"', command.to_json())
    return hashlib.sha256(json.dumps([dialect, text]).encode()).hexdigest()


def _mark(random: str, client: str) -> str:
    return hashlib.sha256(f"{random} {client}".encode()).hexdigest()[: 32 - _RANDOM_DIGITS]


def _is_own(digits: str, client: str) -> bool:
    return digits[_RANDOM_DIGITS:] == _mark(digits[:_RANDOM_DIGITS], client)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip(".")[:64]


def _extension(output: Output) -> str:
    return BASE64 if output.base64 else _EXTENSIONS[output.format]
