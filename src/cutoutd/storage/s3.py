"""Artifacts in a bucket of an S3-compatible store, through obstore.

Credentials come from where AWS tools look for them (AWS_ACCESS_KEY_ID, a profile's role, the
instance), never from our own settings. obstore repeats failed requests by itself.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from cutoutd.errors import ConfigurationError, NotFound, Overloaded
from cutoutd.storage.store import ArtifactStat, S3Options, checked_key

if TYPE_CHECKING:
    from obstore.store import S3Config

log = logging.getLogger(__name__)


class S3ArtifactStore:
    """An ArtifactStore in a bucket."""

    def __init__(self, url: str, options: S3Options) -> None:
        """`url`: s3://bucket/prefix. Raises ConfigurationError if it names no bucket."""
        address = urlsplit(url)
        self._options = options
        self._prefix = address.path.strip("/")
        config: S3Config = {}
        if options.endpoint:
            config["endpoint"] = options.endpoint
        if options.region:
            config["region"] = options.region
        try:
            self._bucket = S3Store(
                address.netloc,
                prefix=self._prefix or None,
                config=config,
                client_options={
                    "allow_http": options.endpoint.startswith("http://"),
                    "connect_timeout": timedelta(seconds=5),
                    "timeout": timedelta(seconds=60),
                },
                retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=60)},
            )
        except (BaseError, ValueError) as exc:
            raise ConfigurationError("CUTOUTD_STORAGE_URL must be s3://bucket/prefix.") from exc

    def put(
        self,
        key: str,
        data: bytes,
        *,
        media_type: str,
        durable: bool = True,  # noqa: ARG002 - It always is.
    ) -> None:
        """Store durably: the store says so only when it is."""
        with _translated():
            obstore.put(
                self._bucket, checked_key(key), data, attributes={"Content-Type": media_type}
            )

    def sync(self, keys: Iterable[str]) -> None:
        """Nothing to do: what was put is durable."""

    def get(self, key: str) -> bytes:
        """All the bytes."""
        with _translated():
            return bytes(obstore.get(self._bucket, checked_key(key)).bytes())

    def stat(self, key: str) -> ArtifactStat:
        """Size, type and time."""
        with _translated():
            found = obstore.get(self._bucket, checked_key(key), options={"head": True})
            meta, attributes = found.meta, found.attributes
        return ArtifactStat(
            size=meta["size"],
            media_type=attributes.get("Content-Type", "application/octet-stream"),
            etag=meta["e_tag"] or "",
            modified_at_ms=int(meta["last_modified"].timestamp() * 1000),
        )

    def delete(self, key: str) -> None:
        """Forget it; a key that is not there is fine."""
        with _translated():
            try:
                obstore.delete(self._bucket, checked_key(key))
            except (NotFoundError, FileNotFoundError):
                return

    def path(self, key: str) -> Path | None:  # noqa: ARG002 - A bucket has no local files.
        """None: there is no local file."""
        return None

    def url(self, key: str) -> str | None:
        """A link below the public address, or a presigned one; it works once the file is there."""
        place = checked_key(key)
        if self._options.public_url:
            whole = f"{self._prefix}/{place}" if self._prefix else place
            return f"{self._options.public_url.rstrip('/')}/{quote(whole)}"
        with _translated():
            return obstore.sign(self._bucket, "GET", place, timedelta(seconds=self._options.link_s))

    def older_than(self, prefix: str, before_ms: int) -> Iterator[str]:
        """Keys that start with `prefix` and were last written before this time."""
        folder, _, _ = prefix.rpartition("/")
        with _translated():
            for batch in obstore.list(self._bucket, folder or None):
                for meta in batch:
                    old = meta["last_modified"].timestamp() * 1000 < before_ms
                    if old and meta["path"].startswith(prefix):
                        yield meta["path"]

    def free_bytes(self) -> int | None:
        """None: a bucket does not fill up."""
        return None

    def tidy(self, before_ms: int) -> None:
        """Nothing to do: a put that did not end has left nothing."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as exc:
        raise NotFound("There is no such file.") from exc
    except BaseError as exc:
        log.error("images cannot be stored or read: %s", type(exc).__name__)  # noqa: TRY400
        raise Overloaded("Images cannot be stored or read now.", retry_after_s=60) from exc
