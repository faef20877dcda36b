"""What the operator sees and does, across all clients: `cutoutd jobs`, `/jobs` and the metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Job, JobStatus, now_ms
from cutoutd.jobs.rows import job_from_row
from cutoutd.jobs.schema import deliveries, jobs
from cutoutd.jobs.store import UNFINISHED, Enlist

_RETRYABLE = (JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How much there is of what, at one moment."""

    jobs: Mapping[JobStatus, int]
    """By status; a status that no job has is 0."""
    deliveries: Mapping[str, int]
    """By state; a state that no delivery has is left out."""
    oldest_waiting_ms: int
    """How long the oldest waiting job has waited; 0 if none waits."""


class Oversight:
    """All jobs of a database. Thread-safe; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    def census(self) -> Census:
        """Count what there is now. Raises Overloaded while the database is away."""
        by_status = select(jobs.c.status, func.count()).group_by(jobs.c.status)
        by_state = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        oldest = select(func.min(jobs.c.created_at)).where(jobs.c.status == JobStatus.QUEUED)
        with self._database.read() as connection:
            counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_status)}
            owed: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_state)}
            since = connection.execute(oldest).scalar_one()
        return Census(
            jobs={status: counts.get(status, 0) for status in JobStatus},
            deliveries=owed,
            oldest_waiting_ms=0 if since is None else max(0, self._clock() - since),
        )

    def jobs(
        self, *, status: JobStatus | None = None, before_id: int | None = None, limit: int = 50
    ) -> list[Job]:
        """The newest jobs, of one status if given; `before_id` goes on where a list ended."""
        query = select(jobs).order_by(jobs.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(jobs.c.status == status)
        if before_id is not None:
            query = query.where(jobs.c.id < before_id)
        with self._database.read() as connection:
            return [job_from_row(row) for row in connection.execute(query)]

    def get(self, job_id: int) -> Job:
        """Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no job {job_id}.")
        return job_from_row(row)

    def retry(self, job_id: int, *, enlist: Enlist | None = None) -> Job:
        """Queue a failed or cancelled job again, under its old links.

        `enlist` tells the dispatcher within the same transaction. Raises NotFound, and
        InvalidRequest for a job that is under way or has succeeded.
        """
        again = {
            "status": JobStatus.QUEUED,
            "crashes": 0,
            "worker": None,
            "started_at": None,
            "finished_at": None,
            "expires_at": None,
            "outcome": None,
        }
        chosen = (jobs.c.id == job_id) & jobs.c.status.in_(_RETRYABLE)
        with self._database.write() as tx:
            row = tx.execute(update(jobs).where(chosen).values(again).returning(jobs)).one_or_none()
            if row is not None and enlist is not None:
                enlist(tx, job_from_row(row))
        if row is None:
            status = self.get(job_id).status
            raise InvalidRequest(
                f"Job {job_id} is {status}; only failed and cancelled jobs are retried."
            )
        return job_from_row(row)

    def expire(self, *, ended_before: int) -> int:
        """Let the sweeper take jobs that ended before this time (ms); how many."""
        old = jobs.c.status.not_in(UNFINISHED) & (jobs.c.finished_at < ended_before)
        with self._database.write() as tx:
            return tx.execute(update(jobs).where(old).values(expires_at=self._clock())).rowcount
