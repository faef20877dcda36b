"""Stored bytes as routes see them: uploads, links, and whose they are."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

from cutoutd.command import Source
from cutoutd.errors import CutoutError, Gone, NotFound, Overloaded
from cutoutd.jobs.files import FileKind, FileRecords, StoredFile
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, now_ms
from cutoutd.service.endings import Endings
from cutoutd.service.names import inputs_of, key_of, temporary_key, upload_key
from cutoutd.service.threads import StoreThreads
from cutoutd.storage.store import (
    INPUTS,
    PRIVATE,
    TEMPORARY_S,
    UPLOADS,
    ArtifactStat,
    ArtifactStore,
)

_UNCLAIMED_MS = 15 * 60 * 1000
"""An upload that no job has taken by then was left by a request that broke off."""
_BYTES = "application/octet-stream"


class Quota(Protocol):
    """How many bytes each client may have stored."""

    def stored_limit(self, client: str) -> int | None:
        """Bytes of uploads at one time; None is any number."""
        ...


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file that has a link."""

    stat: ArtifactStat
    path: Path | None
    """Where it is, if it is on a disk of ours."""


class _Owned(NamedTuple):
    """Whose bytes are to be stored, what for, and how long."""

    client: str
    kind: FileKind
    keep_ms: int


class Files:
    """What routes can do with bytes."""

    def __init__(
        self,
        *,
        records: FileRecords,
        artifacts: ArtifactStore,
        limits: JobLimits,
        threads: StoreThreads,
        quota: Quota | None = None,
    ) -> None:
        self._records = records
        self._artifacts = artifacts
        self._limits = limits
        self._threads = threads
        self._quota = quota
        self._endings = Endings(records, artifacts)

    async def keep(
        self, data: bytes, *, client: str, name: str | None = None, folder: str = INPUTS
    ) -> Source:
        """Store uploaded bytes: in INPUTS for one job, which takes them when it is submitted, or
        in UPLOADS for several. Those for one job are durable when the job is, and not before.

        Raises Overloaded when there is no room, the client has stored too much, or a job for
        them would be refused now.
        """
        own = _Owned(client, FileKind.INPUT, _UNCLAIMED_MS)
        if folder == UPLOADS:
            own = _Owned(client, FileKind.UPLOAD, 1000 * self._limits.keep_s)
        key = await self._threads.call(self._keep, data, folder, own)
        return Source(artifact=key, name=name)

    async def publish(self, data: bytes, *, client: str, media_type: str) -> str:
        """Store bytes under an unguessable key that the web side serves, for a day.

        Returns the key. Raises Overloaded when there is no room.
        """
        key = temporary_key(media_type)
        own = _Owned(client, FileKind.PUBLISHED, 1000 * TEMPORARY_S)
        await self._threads.call(self._put, key, data, media_type, own)
        return key

    async def discard_inputs(self, sources: Sequence[Source]) -> None:
        """What was kept for one job, and belongs to nobody now that there will be none."""
        await self._threads.call(self._endings.discard_inputs, sources)

    async def own(self, text: str, client: str) -> Source | None:
        """The stored image that a link of ours or an upload's id means, if the client made it.

        None for any other text. Raises NotFound if it is its own, but not there (any more).
        """
        key = key_of(text)
        found = None if key is None else await self._threads.call(self._records.find, key)
        if found is None or found.client != client:
            return None
        _refuse_gone(found)
        await self._threads.call(self._artifacts.stat, found.key)
        return Source(artifact=found.key)

    async def upload(self, file_id: str, client: str) -> StoredFile:
        """The client's upload of this id. Raises NotFound, Gone."""
        key = f"{UPLOADS}/{file_id}"
        found = await self._threads.call(self._records.find, key)
        if found is None or found.client != client:
            raise NotFound("There is no such file.")
        _refuse_gone(found)
        return found

    async def uploads(self, client: str, *, limit: int) -> list[StoredFile]:
        """The client's uploads that are still to be had, the newest first."""
        return await self._threads.call(partial(self._records.uploads, client, limit=limit))

    async def delete_upload(self, file_id: str, client: str) -> None:
        """Forget the client's upload; one that is gone already, or not its own, is fine."""
        with suppress(NotFound):
            source = await self.own(file_id, client)
            if source is not None and source.artifact == f"{UPLOADS}/{file_id}":
                await self._threads.call(self._endings.discard, [source.artifact])

    async def find(self, key: str) -> LinkedFile:
        """The file behind a link.

        Raises Gone where it has been deleted or has expired, NotFound where it is not there yet,
        or never was, and for uploads.
        """
        if key.partition("/")[0] in PRIVATE:
            raise NotFound("There is no such file.")
        return await self._threads.call(self._find, key)

    async def read(self, key: str) -> bytes:
        """All the bytes. Raises NotFound."""
        return await self._threads.call(self._artifacts.get, key)

    def url(self, key: str) -> str | None:
        """A link that works without us, or None if our own web side serves `/{key}`."""
        return self._artifacts.url(key)

    def refuse_when_nearly_full(self, more_bytes: int = 0) -> None:
        """Raises Overloaded where storing this much would leave too little room. Blocks."""
        free = self._artifacts.free_bytes()
        if free is not None and free - more_bytes < self._limits.min_free_bytes:
            raise Overloaded("There is no room for more images at the moment.", retry_after_s=60)

    def _find(self, key: str) -> LinkedFile:
        row = self._records.find(key)
        if row is None:
            raise NotFound("There is no such file.")
        _refuse_gone(row)
        return LinkedFile(self._artifacts.stat(key), self._artifacts.path(key))

    def sync_inputs(self, job: Job) -> None:
        """Return when the uploads that the job came with survive a power cut. Blocks."""
        if self._records.syncs_apart and not job.status.final:
            self._artifacts.sync(inputs_of(job.command.pictures()))

    def _keep(self, data: bytes, folder: str, own: _Owned) -> str:
        key = upload_key(data, folder=folder)
        later = folder == INPUTS and self._records.syncs_apart
        most = self._limits.max_waiting
        self._put(key, data, _BYTES, own, durable=not later, max_waiting=most)
        return key

    def _put(
        self,
        key: str,
        data: bytes,
        media_type: str,
        own: _Owned,
        *,
        durable: bool = True,
        max_waiting: int | None = None,
    ) -> None:
        self.refuse_when_nearly_full(len(data))
        self._records.reserve(
            key,
            client=own.client,
            kind=own.kind,
            size=len(data),
            keep_ms=own.keep_ms,
            max_bytes=self._quota.stored_limit(own.client) if self._quota else None,
            max_waiting=max_waiting,
        )
        try:
            self._artifacts.put(key, data, media_type=media_type, durable=durable)
        except CutoutError:
            self._endings.discard([key])
            raise


def _refuse_gone(file: StoredFile) -> None:
    gone_at = file.gone_since(now_ms())
    if gone_at is not None:
        raise Gone("The image", at_ms=gone_at)
