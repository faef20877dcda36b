"""Where images are read and written: files, standard streams, URLs, and buckets as `s3://…`."""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

S3: Final = "s3://"
REMOTE: Final = ("http://", "https://", S3)
Place: TypeAlias = Path | str | None
"""A file, the address of something elsewhere, or None: standard input or output."""

Version: TypeAlias = tuple[int, int]
"""What tells a file from what it was before: when it was last written, in ns, and its bytes."""


def version_of(place: Place) -> Version | None:
    """A file's version; None where there is no file to ask."""
    if not isinstance(place, Path):
        return None
    try:
        stat = place.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def is_remote(name: str) -> bool:
    """Whether a name is an address, not a file's."""
    return name.lower().startswith(REMOTE)


def name_of(place: Path | str) -> str:
    """The file name at the end."""
    path = urlsplit(place).path if isinstance(place, str) else place.name
    return unquote(path.rstrip("/").rpartition("/")[2]) or "image"


def read(place: Place) -> bytes:
    """All the bytes. Raises OSError for files, CutoutError for what is elsewhere."""
    if place is None:
        return sys.stdin.buffer.read()
    if isinstance(place, Path):
        return place.read_bytes()
    if place.lower().startswith(S3):
        from cutoutd.errors import SourceUnreachable

        bucket, key = _bucket(place)
        try:
            return bytes(bucket.get(key).bytes())
        except Exception as error:
            raise SourceUnreachable(place, _reason(error)) from error
    from cutoutd.api.images import fetch

    return fetch(place)


def write(place: Place, data: bytes) -> None:
    """Whole or not at all: a name never shows a half-written image. Raises as `read`."""
    if place is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    if isinstance(place, str):
        from cutoutd.errors import SourceUnreachable

        bucket, key = _bucket(place)
        try:
            bucket.put(key, data)
        except Exception as error:
            raise SourceUnreachable(place, _reason(error)) from error
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def exists(place: Place) -> bool:
    """Whether there is something already."""
    if isinstance(place, Path):
        return place.exists()
    if place is None:
        return False
    bucket, key = _bucket(place)
    try:
        bucket.head(key)
    except Exception:  # noqa: BLE001 - One library's kinds of absence; writing says what is wrong.
        return False
    return True


def listed(prefix: str) -> Iterator[str]:
    """The addresses below `s3://bucket/prefix/`. Raises SourceUnreachable."""
    from cutoutd.errors import SourceUnreachable

    bucket, key = _bucket(prefix)
    root = f"{S3}{urlsplit(prefix).netloc}/"
    try:
        for part in bucket.list(prefix=key or None):
            yield from (f"{root}{one['path']}" for one in part)
    except Exception as error:
        raise SourceUnreachable(prefix, _reason(error)) from error


def _bucket(address: str) -> tuple[Any, str]:
    parts = urlsplit(address)
    return _open_bucket(parts.netloc), parts.path.strip("/")


@cache
def _open_bucket(name: str) -> Any:
    """Credentials, region and endpoint come from where AWS tools look for them."""
    import os

    from cutoutd.errors import ConfigurationError

    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise ConfigurationError("s3:// needs cutoutd's `s3` extra.") from error
    if not name:
        raise ConfigurationError("s3:// needs a bucket: s3://bucket/prefix.")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    options: Any = {"client_options": {"allow_http": endpoint.startswith("http://")}}
    if endpoint:
        options["config"] = {"endpoint": endpoint}
    return S3Store(name, **options)


def _reason(error: Exception) -> str:
    """One line of what a library says, without what follows."""
    return type(error).__name__.removesuffix("Error").lower() or "failed"
