"""When a waiting job is likely to be done, from what the table knows.

The work ahead of it (pictures that wait before it, and half of every one that runs) times the
measured time for one picture of each model, divided by the slots.
"""

import math
import time
from collections.abc import Callable

from sqlalchemy import func, select, tuple_

from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Estimate, Job, JobStatus
from cutoutd.jobs.schema import jobs

ASSUMED_MS = 1000.0
"""For one picture, before any has been measured."""
_MEASURED = 50
_REMEMBERED_S = 5.0


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
        rows = self._work_ahead(job)
        own = len(job.command.sources) * self.picture_ms(job.command.model or "")
        ahead_ms = sum(pictures * self.picture_ms(model) for model, _, pictures in rows)
        eta_s = (ahead_ms / max(1, self._slots()) + own) / 1000
        return Estimate(eta_s=max(1, math.ceil(eta_s)), ahead=sum(count for _, count, _ in rows))

    def picture_ms(self, model: str) -> float:
        """Measured milliseconds from start to end for one picture of this model."""
        measured_at, picture_ms = self._times.get(model, (-math.inf, ASSUMED_MS))
        if time.monotonic() - measured_at > _REMEMBERED_S:
            picture_ms = self._measure(model) or ASSUMED_MS
            self._times[model] = (time.monotonic(), picture_ms)
        return picture_ms

    def _measure(self, model: str) -> float | None:
        latest = (
            select(jobs.c.finished_at - jobs.c.started_at, jobs.c.work)
            .where(jobs.c.model == model, jobs.c.status == JobStatus.SUCCEEDED)
            .order_by(jobs.c.finished_at.desc())
            .limit(_MEASURED)
        )
        with self._database.read() as connection:
            rows = connection.execute(latest).all()
        pictures = sum(work for _, work in rows)
        return sum(spent for spent, _ in rows) / pictures if pictures else None

    def _work_ahead(self, job: Job) -> list[tuple[str, int, float]]:
        """(model, jobs, pictures) that run, or wait before it."""
        mine = select(jobs.c.turn).where(jobs.c.id == job.id).scalar_subquery()
        before = (jobs.c.priority > job.priority) | (
            (jobs.c.priority == job.priority)
            & (tuple_(jobs.c.turn, jobs.c.id) < tuple_(mine, job.id))
        )
        queued = (jobs.c.status == JobStatus.QUEUED) & before
        running = (jobs.c.status == JobStatus.RUNNING) & (jobs.c.id != job.id)
        found: list[tuple[str, int, float]] = []
        with self._database.read() as connection:
            for which, share in ((running, 0.5), (queued, 1.0)):
                if which is queued and job.status is not JobStatus.QUEUED:
                    continue
                query = select(jobs.c.model, func.count(), func.sum(jobs.c.work)).where(which)
                for model, count, work in connection.execute(query.group_by(jobs.c.model)):
                    found.append((model, count, float(work) * share))
        return found
