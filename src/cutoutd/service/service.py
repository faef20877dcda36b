"""What the dialects can do with jobs: submit, wait, get, list, count, cancel, delete."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from cutoutd.command import RemoveBackground
from cutoutd.errors import CutoutError, Gone, NotFound, Overloaded
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Estimate, Job, JobStatus, Json, Submission
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.logs import working_on
from cutoutd.segmentation.sessions import Sessions
from cutoutd.service.catalogue import Catalogue
from cutoutd.service.endings import Endings
from cutoutd.service.files import Files, Quota
from cutoutd.service.names import artifact_keys, fingerprint
from cutoutd.service.threads import StoreThreads
from cutoutd.service.waiting import Waiting
from cutoutd.storage.store import ArtifactStore

log = logging.getLogger(__name__)

CheckReceiver: TypeAlias = Callable[[str], Awaitable[None]]


class Admission(Quota, Protocol):
    """What each client may ask for."""

    def admit(self, client: str) -> None:
        """Count a job. Raises Overloaded if the client has had its share for now."""
        ...

    def unfinished_limit(self, client: str) -> int | None:
        """Jobs that the client may have waiting or running at one time."""
        ...


class Service:
    """Jobs as their clients see them; another client's job does not exist."""

    def __init__(
        self,
        *,
        store: JobStore,
        records: JobRecords,
        files: FileRecords,
        artifacts: ArtifactStore,
        dispatcher: Dispatcher,
        estimator: Estimator,
        limits: JobLimits,
        admission: Admission | None = None,
        carried: Callable[[], Mapping[str, Json]] = dict,
        check_receiver: CheckReceiver | None = None,
    ) -> None:
        """admission: what each client may ask for; None is everything.

        carried: what each job remembers of the request being answered, beside `echo`.
        check_receiver: raises ForbiddenAddress for a webhook's URL that is never to be called.
        """
        self._store = store
        self._records = records
        self._endings = Endings(files, artifacts)
        self._dispatcher = dispatcher
        self._estimator = estimator
        self._limits = limits
        self._admission = admission
        self._carried = carried
        self._check_receiver = check_receiver
        self._threads = StoreThreads()
        self._waiting = Waiting(store, self._threads)
        self.files = Files(
            records=files,
            artifacts=artifacts,
            limits=limits,
            threads=self._threads,
            quota=admission,
        )

    def catalogue_of(self, sessions: Sessions) -> Catalogue:
        """These models, asked in the threads of this service."""
        return Catalogue(sessions, self._threads)

    @property
    def released(self) -> bool:
        """Whether nobody is to wait any more."""
        return self._waiting.released

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
        made. Raises Overloaded, ForbiddenAddress for a webhook that could never be delivered,
        RequestConflict if the key came with another command, or Gone if the images of the job it
        made are. Where no new job is made, the uploads go.
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
            idempotency_key=idempotency_key or None,
            fingerprint=fingerprint(command, dialect) if idempotency_key else None,
        )
        self._waiting.listen()
        await self._check(command)
        job = await self._threads.call(self._insert, submission)
        with working_on(job.id):
            log.info("accepted from %s", client)
        return job

    async def wait(self, job: Job, timeout_s: float) -> Job:
        """The job when it is final, or as it is after the timeout."""
        return await self._waiting.wait(job, timeout_s)

    def release(self) -> None:
        """Let everybody who waits have the job as it is, now and from now on. Any thread."""
        self._waiting.release()

    async def follow(self, job: Job, *, every_s: float = 5.0) -> AsyncIterator[Job]:
        """The job now, then whenever it has moved, and at least every few seconds, to its end."""
        yield job
        while not job.status.final:
            job = await self.wait(job, every_s)
            yield job

    async def get(self, job_id: int, client: str) -> Job:
        """Raises NotFound, also for another client's job."""
        job = await self._threads.call(self._store.get, job_id)
        if job.client != client:
            raise NotFound("There is no such job.")
        return job

    async def list(
        self,
        client: str,
        *,
        status: JobStatus | None = None,
        dialect: str | None = None,
        after: int | None = None,
        with_images: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Job]:
        """The client's newest jobs, of one status or of all, or only those that have images.

        dialect: only those handed in through it. after: an id, only those older than it.
        """
        return await self._threads.call(
            self._records.find,
            client=client,
            status=status,
            dialect=dialect,
            after=after,
            with_images=with_images,
            limit=limit,
            offset=offset,
        )

    async def count(self, client: str, *, with_images: bool = False) -> dict[JobStatus, int]:
        """How many jobs of the client are in each state; every state is there. As `list`."""
        return await self._threads.call(self._records.count, client=client, with_images=with_images)

    async def cancel(self, job_id: int, client: str) -> Job:
        """End a job that has not ended. Raises NotFound, also for another client's job."""
        await self.get(job_id, client)
        return await self._threads.call(self._store.cancel, job_id)

    async def delete(self, job_id: int, client: str) -> None:
        """End a job and let all its files go: none of its links answers any more.

        Raises NotFound, also for another client's job.
        """
        await self.get(job_id, client)
        await self._threads.call(self._store.delete, job_id)

    async def abandon(self, job: Job) -> bool:
        """The caller hung up: drop the job if nothing has begun and nobody else expects it."""
        return await self._threads.call(self._store.abandon, job.id)

    async def estimate(self, job: Job) -> Estimate:
        """When it is likely to be done, and how many jobs are before it."""
        return await self._threads.call(self._estimator.estimate, job)

    def close(self) -> None:
        """Let the threads go; nothing may be awaited any more."""
        self._threads.close()

    async def _check(self, command: RemoveBackground) -> None:
        if command.callback is None or self._check_receiver is None:
            return
        try:
            await self._check_receiver(command.callback.url)
        except CutoutError:
            await self.files.discard_inputs(command.pictures())
            raise

    def _insert(self, submission: Submission) -> Job:
        """In one thread from first to last, so that a caller who goes away interrupts nothing.

        The work begins while the disk syncs; the caller hears of the job when it and its uploads
        are durable. A power cut before that may keep the job without its uploads: `end_torn`.
        """
        try:
            job = self._accept(submission)
        except Exception:
            self._endings.discard_inputs(submission.command.pictures())
            raise
        is_earlier = job.artifact_keys != submission.artifact_keys  # By its idempotency key.
        if is_earlier:
            self._endings.discard_inputs(submission.command.pictures())
            if job.gone_at is not None:
                raise Gone("The image of the job that this Idempotency-Key made", at_ms=job.gone_at)
        self._dispatcher.notify()
        try:
            self.files.sync_inputs(job)
        except Overloaded:
            if not is_earlier:
                self._store.cancel(job.id)  # Nobody will be told of it.
            raise
        self._store.sync()
        return job

    def _accept(self, submission: Submission) -> Job:
        self.files.refuse_when_nearly_full()
        max_unfinished = None
        if self._admission is not None:
            self._admission.admit(submission.client)
            max_unfinished = self._admission.unfinished_limit(submission.client)
        return self._store.insert(
            submission,
            max_waiting=self._limits.max_waiting,
            max_unfinished=max_unfinished,
            enlist=self._dispatcher.enlist,
            durable=False,
        )
