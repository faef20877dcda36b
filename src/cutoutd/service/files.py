"""What is stored besides jobs' pictures, and how stored bytes are read: uploads and links."""

from dataclasses import dataclass
from pathlib import Path

from cutoutd.command import Source
from cutoutd.errors import NotFound, Overloaded
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.store import JobStore
from cutoutd.service.names import own_key, temporary_key, upload_key
from cutoutd.service.threads import StoreThreads
from cutoutd.storage.store import INPUTS, PRIVATE, UPLOADS, ArtifactStat, ArtifactStore


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that has a link."""

    stat: ArtifactStat
    path: Path | None
    """Where it is, if it is on a disk of ours."""


class Files:
    """What routes can do with bytes."""

    def __init__(
        self,
        *,
        store: JobStore,
        artifacts: ArtifactStore,
        limits: JobLimits,
        threads: StoreThreads,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._limits = limits
        self._threads = threads

    async def keep(
        self, data: bytes, *, client: str, name: str | None = None, folder: str = INPUTS
    ) -> Source:
        """Store uploaded bytes: in INPUTS for one job, in UPLOADS for several.

        Raises Overloaded when there is no room, or a job for them would be refused now.
        """
        await self._threads.call(self._store.refuse_when_full, self._limits.max_waiting)
        key = await self._threads.call(upload_key, data, folder=folder, client=client)
        await self._threads.call(self._put, key, data, "application/octet-stream")
        return Source(artifact=key, name=name)

    async def publish(self, data: bytes, *, media_type: str, client: str) -> str:
        """Store bytes under an unguessable key that the web side serves, for a day.

        Returns the key. Raises Overloaded when there is no room.
        """
        key = temporary_key(media_type, client=client)
        await self._threads.call(self._put, key, data, media_type)
        return key

    async def own(self, text: str, client: str) -> Source | None:
        """The stored picture that a link of ours or an upload's id means, if the client made it.

        None for any other text. Raises NotFound if it is its own, but not there (any more).
        """
        key = own_key(text, client)
        if key is None:
            return None
        await self._threads.call(self._artifacts.stat, key)
        return Source(artifact=key)

    async def delete_upload(self, file_id: str, client: str) -> None:
        """Forget the client's upload; one that is gone already, or not its own, is fine."""
        key = own_key(file_id, client)
        if key is not None and key.startswith(f"{UPLOADS}/"):
            await self._threads.call(self._artifacts.delete, key)

    async def find(self, key: str) -> StoredFile:
        """The file behind a link. Raises NotFound, also for uploads."""
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

    def _find(self, key: str) -> StoredFile:
        stat = self._artifacts.stat(key)
        return StoredFile(stat, self._artifacts.path(key))

    def _put(self, key: str, data: bytes, media_type: str) -> None:
        self.refuse_when_nearly_full(len(data))
        self._artifacts.put(key, data, media_type=media_type)
