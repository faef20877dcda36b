"""Where bytes live: source uploads, cutouts and masks, each under an unguessable key.

A key is a relative path of plain names (`generations/9f0c….png`). Writing is all or nothing: a
reader sees the whole artifact or none, also after a power cut, unless its writer asked to sync
later. Writing a key again replaces it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cutoutd.errors import NotFound

INPUTS = "inputs"
"""The folder of uploads that came with one request: they go when its job has ended."""
UPLOADS = "uploads"
"""The folder of uploads for several jobs."""
PRIVATE = (INPUTS, UPLOADS)
"""The folders that nobody may fetch from."""
TEMPORARY = "temp"
"""The folder of what is kept for a day at most."""
TEMPORARY_S = 24 * 3600
"""That day."""

_KEY = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}/){0,6}[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")

_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".zip": "application/zip",
    ".base64": "text/plain",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactStat:
    """What is known about a stored artifact without reading it."""

    size: int
    """Bytes."""
    media_type: str
    etag: str
    """Quoted, as HTTP wants it; changes whenever the bytes do."""
    modified_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """What the URL of a bucket does not say."""

    endpoint: str = ""
    """Of a store other than AWS: https://host[:port], or http:// inside a private network."""
    region: str = ""
    """Empty: AWS_REGION, or us-east-1."""
    public_url: str = ""
    """Where the bucket can be read by everybody; empty: links are presigned."""
    link_s: int = 86_400
    """How long a presigned link works; at most 604800."""


class ArtifactStore(Protocol):
    """Thread-safe. A missing or impossible key raises NotFound, a full or broken store Overloaded.

    What is stored can be read by the user of this process alone.
    """

    def put(self, key: str, data: bytes, *, media_type: str, durable: bool = True) -> None:
        """Store durably; returns when a crash can no longer lose it.

        durable=False: until `sync`, a power cut may lose it, or a part of it. A process that
        dies loses nothing. A store that has no use for the difference makes none.
        """
        ...

    def sync(self, keys: Iterable[str]) -> None:
        """Return when what was put under these keys survives a power cut; what went is fine."""
        ...

    def get(self, key: str) -> bytes:
        """All the bytes."""
        ...

    def stat(self, key: str) -> ArtifactStat:
        """Size, type and time."""
        ...

    def delete(self, key: str) -> None:
        """Forget it; a key that is not there is fine."""
        ...

    def path(self, key: str) -> Path | None:
        """The local file to serve, or None if there is none."""
        ...

    def url(self, key: str) -> str | None:
        """A link that works without us, or None if our own web side serves `/{key}`."""
        ...

    def older_than(self, prefix: str, before_ms: int) -> Iterator[str]:
        """Keys that start with `prefix` and were last written before this time."""
        ...

    def free_bytes(self) -> int | None:
        """Room left, None if that is not ours to know."""
        ...

    def tidy(self, before_ms: int) -> None:
        """Remove what writers that died before this time left half-written."""
        ...


def checked_key(key: str) -> str:
    """The key itself. Raises NotFound for one that could leave its folder or hide in it."""
    if not _KEY.fullmatch(key):
        raise NotFound("There is no such file.")
    return key


def media_type_of(key: str, head: bytes) -> str:
    """By the key's ending; without one, by the first bytes (at least 16) of the content."""
    suffix = Path(key).suffix
    if suffix in _MEDIA_TYPES:
        return _MEDIA_TYPES[suffix]
    if head.startswith(b"\x89PNG"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/octet-stream"
