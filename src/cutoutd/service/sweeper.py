"""Take away what has been kept long enough: jobs, their artifacts, uploads, old deliveries.

Artifacts go before the job that names them, so that a crash in between leaves a job to be swept
again and never a file that nobody knows. Several processes may sweep at once.
"""

import logging
import threading

from cutoutd.errors import CutoutError, ProcessingFailed
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import Clock
from cutoutd.storage.store import INPUTS, PRIVATE, TEMPORARY, ArtifactStore

log = logging.getLogger(__name__)

_DAY_MS = 24 * 3600 * 1000
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
        self._every_s = every_s
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Sweep now, and then at the interval."""
        self._thread.start()

    def stop(self) -> None:
        """Sweep no more; ends within one file."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> None:
        """Take away everything that is due now."""
        now = self._clock()
        while not self._stopping.is_set() and (expired := self._records.expired()):
            for job in expired:
                for key in job.artifact_keys:
                    self._artifacts.delete(key)
            self._records.forget([job.id for job in expired])
        self._sweep_uploads(now)
        self._artifacts.tidy(now - _WRITING_MS)
        self._deliveries.purge(ended_before=now - 1000 * self._limits.keep_deliveries_s)

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
        self._delete_older(TEMPORARY, now - _DAY_MS - _WRITING_MS)

    def _delete_older(self, folder: str, written_before_ms: int) -> None:
        for key in self._artifacts.older_than(f"{folder}/", written_before_ms):
            if self._stopping.is_set():
                return
            self._artifacts.delete(key)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.sweep()
            except CutoutError:
                log.exception("the sweep was cut short and will be repeated")
            self._stopping.wait(self._every_s)
