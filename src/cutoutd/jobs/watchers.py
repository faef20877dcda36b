"""Who hears of the end of a job: metrics, traces, those who wait for it, and who deletes files."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cutoutd.jobs.model import Job

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watchers:
    """Called once an end is committed, in whichever thread ended the job, so they must be quick."""

    jobs: list[Callable[[Job], None]] = field(default_factory=list)
    files: list[Callable[[int], None]] = field(default_factory=list)

    def tell(self, *ended: Job) -> None:
        """These jobs have ended."""
        for job in ended:
            for watcher in self.jobs:
                _call(watcher, job)
            self.clear(job.id)

    def clear(self, job_id: int) -> None:
        """Some files of this job are gone."""
        for watcher in self.files:
            _call(watcher, job_id)


def _call(watcher: Callable[[T], None], ended: T) -> None:
    try:
        watcher(ended)
    except Exception:  # The job has ended, whatever those who hear of it do.
        log.exception("who watches jobs failed")
