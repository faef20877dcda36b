"""Submit, wait, get, cancel: the only file where async meets sync.

The web side calls these coroutines; the stores below are plain blocking code and run in a few
threads kept for them, so that no slow disk or database holds the event loop.
"""

import asyncio
import hashlib
import json
import logging
import mimetypes
import re
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.errors import NotFound, Overloaded, RequestConflict
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Estimate, Job, Json, Submission
from cutoutd.jobs.store import JobStore
from cutoutd.logs import working_on
from cutoutd.storage.store import INPUTS, PRIVATE, TEMPORARY, ArtifactStore

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_EXTENSIONS = {
    ImageFormat.AUTO: "",  # Unknown until the pixels are; the bytes will say.
    ImageFormat.PNG: ".png",
    ImageFormat.WEBP: ".webp",
    ImageFormat.JPEG: ".jpg",
    ImageFormat.AVIF: ".avif",
}
_LOOK_S = 0.1
_STORE_THREADS = 8
_REMEMBERED = 100


class Admission(Protocol):
    """What each client may ask for."""

    def admit(self, client: str) -> None:
        """Count a job. Raises Overloaded if the client has had its share for now."""
        ...

    def unfinished_limit(self, client: str) -> int | None:
        """Jobs that the client may have waiting or running at one time."""
        ...


class Service:
    """What the dialects can do with jobs."""

    def __init__(
        self,
        *,
        store: JobStore,
        artifacts: ArtifactStore,
        dispatcher: Dispatcher,
        estimator: Estimator,
        limits: JobLimits,
        admission: Admission | None = None,
        carried: Callable[[], Mapping[str, Json]] = dict,
    ) -> None:
        """admission: what each client may ask for; None is everything.

        carried: what each job remembers of the request being answered, beside `echo`.
        """
        self._store = store
        self._artifacts = artifacts
        self._dispatcher = dispatcher
        self._estimator = estimator
        self._limits = limits
        self._admission = admission
        self._carried = carried
        self._threads = ThreadPoolExecutor(_STORE_THREADS, thread_name_prefix="store")
        self._waiting: dict[int, list[asyncio.Future[Job | None]]] = {}
        # Ended before anybody waited for them, so that the first who does need not look for them.
        self._just_ended: OrderedDict[int, Job] = OrderedDict()
        self._looking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.released = False
        """Whether nobody is to wait any more."""
        store.watch(self._announce)

    async def keep(self, data: bytes, *, name: str | None = None, folder: str = INPUTS) -> Source:
        """Store uploaded bytes: in INPUTS for one job, in UPLOADS for several.

        Raises Overloaded when there is no room, or a job for them would be refused now.
        """
        await self._call(self._store.refuse_when_full, self._limits.max_waiting)
        digest = hashlib.sha256(data).hexdigest()[:32]
        key = f"{folder}/{digest}-{uuid.uuid4().hex}"
        await self._call(self._put, key, data, "application/octet-stream")
        return Source(artifact=key, name=name)

    async def publish(self, data: bytes, *, media_type: str) -> str:
        """Store bytes under an unguessable key that the web side serves, for a day.

        Returns the key. Raises Overloaded when there is no room.
        """
        key = f"{TEMPORARY}/{uuid.uuid4()}{mimetypes.guess_extension(media_type) or ''}"
        await self._call(self._put, key, data, media_type)
        return key

    async def submit(
        self,
        command: RemoveBackground,
        *,
        client: str,
        dialect: str,
        link_base: str,
        echo: Mapping[str, Json] | None = None,
        folder: str = "generations",
        prefix: str | None = None,
        suffix: str = "",
        priority: int = 0,
        keep_for_s: int | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Accept a job; it survives a crash from here on.

        folder, prefix and suffix are what a caller asked for of its files' names; what could
        lead elsewhere is replaced.
        An idempotency key that this client used in the last 24 hours gives back the job it
        made. Raises Overloaded, or RequestConflict if the key came with another command.
        """
        submission = Submission(
            client=client,
            dialect=dialect,
            command=command,
            artifact_keys=artifact_keys(command, folder, prefix, suffix),
            echo={**(echo or {}), **self._carried()},
            link_base=link_base,
            priority=priority,
            keep_ms=1000 * (self._limits.keep_s if keep_for_s is None else keep_for_s),
            idempotency_key=idempotency_key,
            fingerprint=fingerprint(command, dialect) if idempotency_key else None,
        )
        self._loop = asyncio.get_running_loop()
        try:
            job = await self._call(self._insert, submission)
        except (Overloaded, RequestConflict):
            await self._call(self._drop_inputs, command)
            raise
        self._dispatcher.notify()
        with working_on(job.id):
            log.info("accepted from %s", client)
        return job

    async def wait(self, job: Job, timeout_s: float) -> Job:
        """The job when it is final, or as it is after the timeout."""
        if job.status.final or timeout_s <= 0 or self.released:
            return job
        final = self._just_ended.pop(job.id, None)
        if final is not None:
            return final
        arrival: asyncio.Future[Job | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job.id, []).append(arrival)
        self._look()
        try:
            async with asyncio.timeout(timeout_s):
                final = await arrival
        except TimeoutError:
            log.debug("job %d did not end in %g s", job.id, timeout_s)
        finally:
            self._forget(job.id, arrival)
        if final is not None:
            return final
        return await self._call(self._store.get, job.id)

    def release(self) -> None:
        """Let everybody who waits have the job as it is, now and from now on. Any thread."""
        self.released = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._let_go)

    async def follow(self, job: Job, *, every_s: float = 5.0) -> AsyncIterator[Job]:
        """The job now, then whenever it has moved, and at least every few seconds, to its end."""
        yield job
        while not job.status.final:
            job = await self.wait(job, every_s)
            yield job

    async def get(self, job_id: int, client: str) -> Job:
        """Raises NotFound, also for another client's job."""
        job = await self._call(self._store.get, job_id)
        if job.client != client:
            raise NotFound("There is no such job.")
        return job

    async def cancel(self, job_id: int, client: str) -> Job:
        """End a job that has not ended. Raises NotFound, also for another client's job."""
        await self.get(job_id, client)
        return await self.cancel_any(job_id)

    async def cancel_any(self, job_id: int) -> Job:
        """End anybody's job that has not ended: for the operator. Raises NotFound."""
        return await self._call(self._store.cancel, job_id)

    async def abandon(self, job: Job) -> bool:
        """The caller hung up: drop the job if nothing has begun and nobody else expects it."""
        return await self._call(self._store.abandon, job.id)

    async def estimate(self, job: Job) -> Estimate:
        """When it is likely to be done, and how many jobs are before it."""
        return await self._call(self._estimator.estimate, job)

    def close(self) -> None:
        """Let the threads go; nothing may be awaited any more."""
        self._threads.shutdown(wait=True)

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))

    def _put(self, key: str, data: bytes, media_type: str) -> None:
        self._refuse_when_nearly_full(len(data))
        self._artifacts.put(key, data, media_type=media_type)

    def _insert(self, submission: Submission) -> Job:
        self._refuse_when_nearly_full(0)
        max_unfinished = None
        if self._admission is not None:
            self._admission.admit(submission.client)
            max_unfinished = self._admission.unfinished_limit(submission.client)
        return self._store.insert(
            submission,
            max_waiting=self._limits.max_waiting,
            max_unfinished=max_unfinished,
            enlist=self._dispatcher.enlist,
        )

    def _drop_inputs(self, command: RemoveBackground) -> None:
        """Uploads of a job that was refused belong to nobody."""
        for source in command.sources:
            if source.artifact is not None and source.artifact.startswith(f"{INPUTS}/"):
                self._artifacts.delete(source.artifact)

    def _refuse_when_nearly_full(self, more_bytes: int) -> None:
        free = self._artifacts.free_bytes()
        if free is not None and free - more_bytes < self._limits.min_free_bytes:
            raise Overloaded("There is no room for more images at the moment.", retry_after_s=60)

    def _announce(self, job: Job) -> None:
        """A job ended in this process, in whichever thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived, job.id, job)

    def _arrived(self, job_id: int, job: Job | None) -> None:
        arrivals = self._waiting.pop(job_id, ())
        for arrival in arrivals:
            if not arrival.done():
                arrival.set_result(job)
        if job is not None and not arrivals:
            self._just_ended[job_id] = job
            while len(self._just_ended) > _REMEMBERED:
                self._just_ended.popitem(last=False)

    def _let_go(self) -> None:
        for job_id in list(self._waiting):
            self._arrived(job_id, None)

    def _forget(self, job_id: int, arrival: "asyncio.Future[Job | None]") -> None:
        arrivals = self._waiting.get(job_id, [])
        if arrival in arrivals:
            arrivals.remove(arrival)
        if not arrivals:
            self._waiting.pop(job_id, None)

    def _look(self) -> None:
        """Watch the table while anybody waits: the job may end on another machine."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_while_waited_for())

    async def _look_while_waited_for(self) -> None:
        while self._waiting:
            await asyncio.sleep(_LOOK_S)
            for job in await self._call(self._store.final_among, list(self._waiting)):
                self._arrived(job.id, job)


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
    return ".base64" if output.base64 else _EXTENSIONS[output.format]
