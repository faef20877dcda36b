"""The jobs table seen from outside the work: by an operator, and by the sweeper."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.files import delete_files, revive_files
from cutoutd.jobs.model import Job, JobStatus, now_ms
from cutoutd.jobs.rows import IDEMPOTENCY_MS, job_from_row
from cutoutd.jobs.schema import jobs
from cutoutd.jobs.store import Clock, Enlist
from cutoutd.jobs.turns import UNFINISHED


class JobRecords:
    """List, count, retry and forget jobs. Thread-safe; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Clock = now_ms) -> None:
        self._database = database
        self._clock = clock

    def find(
        self,
        *,
        status: JobStatus | None = None,
        client: str | None = None,
        dialect: str | None = None,
        after: int | None = None,
        with_images: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Job]:
        """The newest jobs that match, at most `limit`; `after` an id, the ones older than it.

        with_images: only those whose images are neither deleted nor expired.
        """
        query = select(jobs).order_by(jobs.c.id.desc()).limit(limit).offset(offset)
        if status is not None:
            query = query.where(jobs.c.status == status)
        if client is not None:
            query = query.where(jobs.c.client == client)
        if dialect is not None:
            query = query.where(jobs.c.dialect == dialect)
        if after is not None:
            query = query.where(jobs.c.id < after)
        if with_images:
            query = query.where(_has_images(self._clock()))
        with self._database.read() as connection:
            return [job_from_row(row) for row in connection.execute(query)]

    def count(
        self, *, client: str | None = None, with_images: bool = False
    ) -> dict[JobStatus, int]:
        """How many jobs are in each state; every state is there. As `find`."""
        query = select(jobs.c.status, func.count()).group_by(jobs.c.status)
        if with_images:
            query = query.where(_has_images(self._clock()))
        if client is not None:
            query = query.where(jobs.c.client == client)
        with self._database.read() as connection:
            found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
        return {status: found.get(status, 0) for status in JobStatus}

    def retry(self, job_id: int, *, enlist: Enlist | None = None) -> Job:
        """Let a failed or cancelled job wait again, with the same links and a clean record.

        Raises NotFound, or InvalidRequest for a job in another state.
        """
        ended_badly = jobs.c.status.in_((JobStatus.FAILED, JobStatus.CANCELLED))
        again = update(jobs).where((jobs.c.id == job_id) & ended_badly & jobs.c.gone_at.is_(None))
        again = again.values(
            status=JobStatus.QUEUED,
            crashes=0,
            worker=None,
            started_at=None,
            finished_at=None,
            expires_at=None,
            due_at=None,
            outcome=None,
        )
        with self._database.write() as tx:
            row = tx.execute(again.returning(jobs)).one_or_none()
            if row is not None:
                job = job_from_row(row)
                revive_files(tx, job_id)
                if enlist is not None:
                    enlist(tx, job)
                return job
            now = select(jobs.c.status, jobs.c.gone_at).where(jobs.c.id == job_id)
            found = tx.execute(now).one_or_none()
        if found is None:
            raise NotFound("There is no such job.")
        status, gone_at = found
        if gone_at is not None:
            raise InvalidRequest("The job was deleted, or has expired; it cannot be retried.")
        raise InvalidRequest(
            f"Only failed and cancelled jobs can be retried; this one is {status}."
        )

    def expire(self, *, ended_before: int) -> int:
        """Let the sweeper take jobs that ended before this time (ms); how many."""
        old = jobs.c.status.not_in(UNFINISHED) & (jobs.c.finished_at < ended_before)
        with self._database.write() as tx:
            return tx.execute(update(jobs).where(old).values(expires_at=self._clock())).rowcount

    def expired(self, *, after: int = 0, limit: int = 100) -> list[Job]:
        """Jobs that have ended and need not be kept any longer, by id; those after this one.

        One whose images are gone and whose idempotency key still counts stays until it does not.
        """
        now = self._clock()
        remembered = jobs.c.gone_at.is_not(None) & _key_counts(now)
        query = (
            select(jobs)
            .where(jobs.c.status.not_in(UNFINISHED), jobs.c.expires_at <= now, ~remembered)
            .where(jobs.c.id > after)
            .order_by(jobs.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [job_from_row(row) for row in connection.execute(query)]

    def forget(self, job_ids: Sequence[int]) -> None:
        """Let the files of expired jobs go, and delete the jobs.

        One whose idempotency key still counts stays, and says since when its images are gone.
        """
        now = self._clock()
        chosen = jobs.c.id.in_(job_ids) & jobs.c.status.not_in(UNFINISHED)
        first = update(jobs).where(chosen & _key_counts(now) & jobs.c.gone_at.is_(None))
        with self._database.write() as tx:
            tx.execute(first.values(gone_at=now))
            delete_files(tx, job_ids, now)
            tx.execute(delete(jobs).where(chosen & ~_key_counts(now)))

    def oldest_unfinished(self) -> int | None:
        """When the oldest job that still needs its sources was accepted, None without one."""
        query = select(func.min(jobs.c.created_at)).where(jobs.c.status.in_(UNFINISHED))
        with self._database.read() as connection:
            return connection.execute(query).scalar()


def _has_images(now: int) -> ColumnElement[bool]:
    return and_(jobs.c.gone_at.is_(None), or_(jobs.c.expires_at.is_(None), jobs.c.expires_at > now))


def _key_counts(now: int) -> ColumnElement[bool]:
    still = jobs.c.created_at + IDEMPOTENCY_MS > now
    return and_(jobs.c.idempotency_key.is_not(None), still)
