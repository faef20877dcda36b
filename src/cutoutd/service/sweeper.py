"""Take away what has been kept long enough: jobs, their artifacts, uploads, old deliveries.

Artifacts go before the job that names them, so that a crash in between leaves a job to be swept
again and never a file that nobody knows. Several processes may sweep at once.
"""

import logging

from cutoutd.errors import CutoutError, NotFound, ProcessingFailed
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import Clock
from cutoutd.loops import Loop, LoopThread
from cutoutd.storage.store import INPUTS, PRIVATE, TEMPORARY, TEMPORARY_S, ArtifactStore

log = logging.getLogger(__name__)

_WRITING_MS = 3600 * 1000
"""What is younger may still be being written, or about to be named by a job."""


def forget_inputs(job: Job, artifacts: ArtifactStore) -> None:
    """Take away what was uploaded with a job that has ended.

    Unless we failed: then the operator may want to try again, and the sweeper comes later.
    """
    failure = job.outcome.failure if job.outcome else None
    if failure is not None and failure.code == ProcessingFailed.code:
        return
    background = job.command.background
    pictures = [*job.command.sources, background.picture if background else None]
    for key in (picture.artifact for picture in pictures if picture and picture.artifact):
        if key.startswith(f"{INPUTS}/"):
            try:
                artifacts.delete(key)
            except CutoutError:
                log.exception("an input of job %d stays until it is swept", job.id)


class Sweeper:
    """Sweeps every few minutes in a thread of its own, or when it is told to."""

    def __init__(
        self,
        *,
        records: JobRecords,
        deliveries: DeliveryStore,
        artifacts: ArtifactStore,
        limits: JobLimits,
        every_s: float = 300.0,
        clock: Clock = now_ms,
    ) -> None:
        self._records = records
        self._deliveries = deliveries
        self._artifacts = artifacts
        self._limits = limits
        self._clock = clock
        self._sweeping = LoopThread(Loop("sweeper", every_s=every_s), self.sweep)

    @property
    def loop(self) -> Loop:
        """The loop that sweeps."""
        return self._sweeping.loop

    def start(self) -> None:
        """Sweep now, and then at the interval."""
        self._sweeping.start()

    def stop(self) -> None:
        """Sweep no more; ends within one file."""
        self._sweeping.stop()

    def sweep(self) -> None:
        """Take away everything that is due now."""
        now, after, failed = self._clock(), 0, 0
        while not self._sweeping.stopping and (expired := self._records.expired(after=after)):
            gone = [job for job in expired if self._take_pictures_of(job)]
            self._records.forget([job.id for job in gone])
            failed += len(expired) - len(gone)
            after = expired[-1].id
        self._sweep_uploads(now)
        self._artifacts.tidy(now - _WRITING_MS)
        self._deliveries.purge(ended_before=now - 1000 * self._limits.keep_deliveries_s)
        if failed:
            raise ProcessingFailed(f"the files of {failed} expired jobs could not be deleted")

    def _take_pictures_of(self, job: Job) -> bool:
        """Whether all went; one that cannot be deleted keeps nobody else's."""
        try:
            for key in job.artifact_keys:
                self._artifacts.delete(key)
        except NotFound:
            return True  # A key that no file can have.
        except Exception:
            log.exception("a file of job %d cannot be deleted", job.id)
            return False
        return True

    def _sweep_uploads(self, now: int) -> None:
        """By age, because several jobs may share one; never one that a job still needs.

        What is temporary goes after a day, also where no job names it.
        """
        needed_since = self._records.oldest_unfinished()
        kept_since = now - max(1000 * self._limits.keep_s, _WRITING_MS)
        if needed_since is not None:
            kept_since = min(kept_since, needed_since - _WRITING_MS)
        for folder in PRIVATE:
            self._delete_older(folder, kept_since)
        self._delete_older(TEMPORARY, now - 1000 * TEMPORARY_S - _WRITING_MS)

    def _delete_older(self, folder: str, written_before_ms: int) -> None:
        for key in self._artifacts.older_than(f"{folder}/", written_before_ms):
            if self._sweeping.stopping:
                return
            self._artifacts.delete(key)
