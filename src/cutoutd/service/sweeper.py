"""Take away what has been kept long enough: jobs, their artifacts, uploads, old deliveries.

What is due is marked as gone first, so that no link answers any more; then its bytes are deleted,
and a crash in between leaves a row to be swept again. Several processes may sweep at once.
"""

import logging

from cutoutd.errors import ProcessingFailed
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import Clock
from cutoutd.loops import Loop, LoopThread
from cutoutd.service.endings import Endings
from cutoutd.storage.store import PRIVATE, TEMPORARY, TEMPORARY_S, ArtifactStore

log = logging.getLogger(__name__)

_WRITING_MS = 3600 * 1000
"""What is younger may still be being written, or about to be named by a job."""


class Sweeper:
    """Sweeps every few minutes in a thread of its own, or when it is told to."""

    def __init__(
        self,
        *,
        records: JobRecords,
        files: FileRecords,
        deliveries: DeliveryStore,
        artifacts: ArtifactStore,
        limits: JobLimits,
        every_s: float = 300.0,
        clock: Clock = now_ms,
    ) -> None:
        self._records = records
        self._files = files
        self._endings = Endings(files, artifacts)
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
        now, after = self._clock(), 0
        while not self._sweeping.stopping and (expired := self._records.expired(after=after)):
            self._records.forget([job.id for job in expired])
            after = expired[-1].id
        while not self._sweeping.stopping and self._files.expire():
            continue
        failed = self._endings.clear_all(stopping=lambda: self._sweeping.stopping)
        self._sweep_strays(now)
        self._artifacts.tidy(now - _WRITING_MS)
        long_ago = now - 1000 * self._limits.keep_deliveries_s
        self._deliveries.purge(ended_before=long_ago)
        self._files.purge(gone_before=long_ago)
        if failed:
            raise ProcessingFailed(f"{failed} files cannot be deleted")

    def _sweep_strays(self, now: int) -> None:
        """Uploads that a power cut made nobody's, by age; never one that a job still needs."""
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
