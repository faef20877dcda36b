"""The names of what is stored, and the fingerprint of a request: pure functions."""

import hashlib
import json
import mimetypes
import re
import uuid
from collections.abc import Iterable

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.storage.store import INPUTS, PRIVATE, TEMPORARY, UPLOADS

BASE64 = ".base64"
"""How the name of an image ends that was asked for as text."""

_EXTENSIONS = {
    ImageFormat.AUTO: "",  # Unknown until the pixels are; the bytes will say.
    ImageFormat.PNG: ".png",
    ImageFormat.WEBP: ".webp",
    ImageFormat.JPEG: ".jpg",
    ImageFormat.AVIF: ".avif",
    ImageFormat.GIF: ".gif",
}


_LONGEST_LINK = 8192
_LINK = re.compile(
    r"(?i:https?)://[^?#]*/([A-Za-z0-9._-]+/[A-Za-z0-9._-]*?"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[A-Za-z0-9._-]*)(?:[?#].*)?"
)
_UPLOAD = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")


def key_of(text: str) -> str | None:
    """The key that a link to an image, or an upload's id, would have here; None for other text.

    Whatever host the link names: it may be another address of ours. Whose it is, and whether
    there is such a file at all, the table of files knows.
    """
    text = text[: _LONGEST_LINK + 1].strip()
    if len(text) > _LONGEST_LINK:
        return None
    link = _LINK.fullmatch(text)
    if link:
        return link[1]
    return f"{UPLOADS}/{text}" if _UPLOAD.fullmatch(text) else None


def is_upload_id(text: str) -> bool:
    """Whether the text could be an upload's id."""
    return _UPLOAD.fullmatch(text) is not None


def upload_key(data: bytes, *, folder: str) -> str:
    """An unguessable key for uploaded bytes, whose first part is equal for equal bytes."""
    return f"{folder}/{hashlib.sha256(data).hexdigest()[:32]}-{uuid.uuid4().hex}"


def is_upload_of(key: str, data: bytes) -> bool:
    """Whether `upload_key` gave this key to these very bytes."""
    return hashlib.sha256(data).hexdigest()[:32] == key.rpartition("/")[2].partition("-")[0]


def inputs_of(pictures: Iterable[Source]) -> list[str]:
    """The keys of those images that came with one request and belong to its job."""
    stored = [one.artifact for one in pictures if one.artifact is not None]
    return [key for key in stored if key.startswith(f"{INPUTS}/")]


def temporary_key(media_type: str) -> str:
    """An unguessable key for bytes that the web side serves for a day."""
    return f"{TEMPORARY}/{uuid.uuid4()}{mimetypes.guess_extension(media_type) or ''}"


def artifact_keys(
    command: RemoveBackground, folder: str, prefix: str | None, suffix: str = ""
) -> tuple[str, ...]:
    """One unguessable key for each source and output: `folder/prefix<uuid>-n<suffix>.ext`.

    A single one has no number. Folder and prefix are one name each: anything but letters,
    digits, `.`, `_` and `-` becomes `-`, leading dots go, and the folder of the uploads is not
    to be had.
    """
    place = _plain(folder) or "generations"
    if place in PRIVATE:
        place = f"_{place}"
    start = f"{place}/{_plain(prefix or '')}{uuid.uuid4()}"
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


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip(".")[:64]


def _extension(output: Output) -> str:
    return BASE64 if output.base64 else _EXTENSIONS[output.format]
