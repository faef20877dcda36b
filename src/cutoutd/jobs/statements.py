"""The statements of the jobs table, built once: building one costs as much as running it."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, update

from cutoutd.jobs.model import JobStatus
from cutoutd.jobs.schema import jobs
from cutoutd.jobs.turns import QUEUED

CRASHED = {"crashes": jobs.c.crashes + 1}
GIVEN_BACK: dict[str, Any] = {"status": JobStatus.QUEUED, "worker": None, "started_at": None}
DUE = QUEUED & (jobs.c.due_at.is_(None) | (jobs.c.due_at <= bindparam("at", type_=BigInteger)))

INSERT = insert(jobs).returning(jobs)
ANY_WAITING = select(jobs.c.id).where(DUE).limit(1)
NEXT = (
    select(jobs.c.id)
    .where(DUE)
    .order_by(jobs.c.priority.desc(), jobs.c.turn, jobs.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
RUN = update(jobs).values(
    status=JobStatus.RUNNING,
    attempt=jobs.c.attempt + 1,
    worker=bindparam("by"),
    started_at=bindparam("at"),
)
CLAIM = RUN.where(jobs.c.id == NEXT.scalar_subquery()).returning(jobs)
OWNED = (
    (jobs.c.id == bindparam("own_id"))
    & (jobs.c.status == JobStatus.RUNNING)
    & (jobs.c.attempt == bindparam("own_attempt"))
    & (jobs.c.worker == bindparam("own_worker"))
)
END = update(jobs).values(
    status=bindparam("to"),
    outcome=bindparam("as_text"),
    finished_at=bindparam("now"),
    expires_at=bindparam("now", type_=BigInteger) + jobs.c.keep_ms,
)
START = RUN.where(QUEUED & (jobs.c.id == bindparam("job_id"))).returning(jobs)
