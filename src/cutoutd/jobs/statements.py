"""The statements of the jobs table, built once: building one costs as much as running it.

Those that every job runs are `Prepared`, too.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    bindparam,
    insert,
    select,
    true,
    update,
)

from cutoutd.jobs.model import Job, JobStatus
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.schema import jobs
from cutoutd.jobs.turns import QUEUED

CRASHED = {"crashes": jobs.c.crashes + 1}
GIVEN_BACK: dict[str, Any] = {"status": JobStatus.QUEUED, "worker": None, "started_at": None}
DUE = QUEUED & (jobs.c.due_at.is_(None) | (jobs.c.due_at <= bindparam("at", type_=BigInteger)))

BY_ID = Prepared(select(jobs).where(jobs.c.id == bindparam("job_id")))
_LATER = ("id", "worker", "started_at", "finished_at", "expires_at", "due_at", "gone_at", "outcome")
"""The columns that say nothing yet of a job that is being accepted."""
_ACCEPTED: dict[str, Any] = {c.name: bindparam(c.name) for c in jobs.c if c.name not in _LATER}
INSERT = Prepared(insert(jobs).values(_ACCEPTED).returning(jobs.c.id))
RUN = update(jobs).values(
    status=JobStatus.RUNNING,
    attempt=jobs.c.attempt + 1,
    worker=bindparam("by"),
    started_at=bindparam("at"),
)


class Claim:
    """The statements that look for the next job of a kind, and start it."""

    def __init__(self, kind: ColumnElement[bool]) -> None:
        due = select(jobs.c.id).where(DUE & kind).limit(1)
        first = due.order_by(jobs.c.priority.desc(), jobs.c.turn, jobs.c.id)
        first = first.with_for_update(skip_locked=True)
        self.any_waiting = Prepared(due)
        self.start_next = Prepared(RUN.where(jobs.c.id == first.scalar_subquery()).returning(jobs))


CLAIM_ANY = Claim(true())
CLAIM_STORED = Claim(~jobs.c.fetches)
"""Those whose images are all here."""
CLAIM_FETCHING = Claim(jobs.c.fetches)
"""Those that wait for other hosts."""
CLAIM_FETCHING_OTHERS = Claim(
    jobs.c.fetches & jobs.c.client.not_in(bindparam("busy", expanding=True, type_=String))
)
"""Likewise, of clients that do not wait for enough of them already."""
OWNED = (
    (jobs.c.id == bindparam("own_id"))
    & (jobs.c.status == JobStatus.RUNNING)
    & (jobs.c.attempt == bindparam("own_attempt"))
    & (jobs.c.worker == bindparam("own_worker"))
)


def ownership(job: Job) -> dict[str, object]:
    """The parameters of OWNED: the job is this attempt's, and no other has taken it over."""
    return {"own_id": job.id, "own_attempt": job.attempt, "own_worker": job.worker}


_ENDED = update(jobs).values(
    status=bindparam("to"),
    outcome=bindparam("as_text"),
    finished_at=bindparam("now"),
    expires_at=bindparam("now", type_=BigInteger) + jobs.c.keep_ms,
)
END = _ENDED.returning(jobs)
END_OWNED = Prepared(_ENDED.where(OWNED).returning(jobs.c.expires_at, jobs.c.callback))
"""For the worker that has the job: it needs no more of the row than it cannot know."""
STILL_OWNED = Prepared(select(jobs.c.id).where(OWNED))
START = Prepared(RUN.where(QUEUED & (jobs.c.id == bindparam("job_id"))).returning(jobs))
