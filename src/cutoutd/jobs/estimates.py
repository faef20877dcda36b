"""When a waiting job is likely to be done, from what the table knows.

The work ahead of it (images that wait before it, and half of every one that runs) times the
measured time for one image of each model, with and without matting, divided by the slots.
"""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from cutoutd.command import MattingMode
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Estimate, Job, JobStatus
from cutoutd.jobs.rows import timed_as
from cutoutd.jobs.schema import jobs

ASSUMED_MS = 1000.0
"""For one image, before any has been measured."""
ASSUMED_MATTING_MS = {f"+{MattingMode.FAST}": 2000.0, f"+{MattingMode.EXACT}": 5000.0}
"""Likewise with matting, by the end of what it is timed as."""
_MEASURED = 50
_REMEMBERED_S = 5.0


class _Work(NamedTuple):
    """Some jobs that are timed together."""

    timed_as: str
    jobs: int
    pictures: int


class Estimator:
    """Reads the table; remembers measured times for a few seconds."""

    def __init__(self, database: Database, *, slots: Callable[[], int]) -> None:
        self._database = database
        self._slots = slots
        self._times: dict[str, tuple[float, float]] = {}

    def estimate(self, job: Job) -> Estimate:
        """For a job that has not ended; one that has is due in a second, with none ahead."""
        if job.status.final:
            return Estimate(eta_s=1, ahead=0)
        running, queued = self._ahead(job)
        own_ms = len(job.command.sources) * self.picture_ms(timed_as(job.command))
        ahead_ms = sum(work.pictures * self.picture_ms(work.timed_as) for work in queued)
        ahead_ms += sum(work.pictures * self.picture_ms(work.timed_as) / 2 for work in running)
        ahead = sum(work.jobs for work in (*running, *queued))
        # With workers on other machines more may run than this process has slots.
        slots = max(1, self._slots(), sum(work.jobs for work in running))
        eta_s = math.ceil((ahead_ms / slots + own_ms) / 1000)
        return Estimate(eta_s=max(1, eta_s), ahead=ahead)

    def picture_ms(self, timed_as: str) -> float:
        """Measured milliseconds from start to end for one image of this kind."""
        measured_at, picture_ms = self._times.get(timed_as, (-math.inf, ASSUMED_MS))
        if time.monotonic() - measured_at > _REMEMBERED_S:
            picture_ms = self._measure(timed_as) or _assumed_ms(timed_as)
            self._times[timed_as] = (time.monotonic(), picture_ms)
        return picture_ms

    def _measure(self, timed_as: str) -> float | None:
        latest = (
            select(jobs.c.finished_at - jobs.c.started_at, jobs.c.work)
            .where(jobs.c.model == timed_as, jobs.c.status == JobStatus.SUCCEEDED)
            .order_by(jobs.c.finished_at.desc())
            .limit(_MEASURED)
        )
        with self._database.read() as connection:
            rows = connection.execute(latest).all()
        pictures = sum(work for _, work in rows)
        return sum(spent for spent, _ in rows) / pictures if pictures else None

    def _ahead(self, job: Job) -> tuple[list[_Work], list[_Work]]:
        """What runs, and what waits before the job; a job that runs itself is kept by nobody."""
        if job.status is not JobStatus.QUEUED:
            return [], []
        before = (jobs.c.priority > job.priority) | (
            (jobs.c.priority == job.priority)
            & (tuple_(jobs.c.turn, jobs.c.id) < tuple_(job.turn, job.id))
        )
        with self._database.read() as connection:
            return (
                _sum(connection, jobs.c.status == JobStatus.RUNNING),
                _sum(connection, (jobs.c.status == JobStatus.QUEUED) & before),
            )


def _assumed_ms(timed_as: str) -> float:
    matting = timed_as[timed_as.rfind("+") :] if "+" in timed_as else ""
    return ASSUMED_MATTING_MS.get(matting, ASSUMED_MS)


def _sum(connection: Connection, which: ColumnElement[bool]) -> list[_Work]:
    query = select(jobs.c.model, func.count(), func.sum(jobs.c.work)).where(which)
    return [_Work(*row) for row in connection.execute(query.group_by(jobs.c.model))]
