"""How full the queue is when a job comes, and where in it the job stands.

Within one priority the clients take turns: a job's turn is the front of the queue at its
submission, or one after its client's last waiting job (start-time fair queueing, Goyal et al.
1996), so a thousand jobs of one client stand behind the one of another.
"""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from cutoutd.jobs.model import JobStatus, Submission
from cutoutd.jobs.schema import jobs

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
FINAL = tuple(status for status in JobStatus if status.final)
QUEUED = jobs.c.status == JobStatus.QUEUED

_same_priority = QUEUED & (jobs.c.priority == bindparam("priority"))
_own = jobs.c.client == bindparam("client")
WAITING = select(func.count()).select_from(jobs).where(QUEUED)
_SITUATION = select(
    WAITING.scalar_subquery().label("waiting"),
    select(func.count())
    .select_from(jobs)
    .where(_own & jobs.c.status.in_(UNFINISHED))
    .scalar_subquery()
    .label("unfinished"),
    select(func.min(jobs.c.turn)).where(_same_priority).scalar_subquery().label("front"),
    select(func.max(jobs.c.turn)).where(_same_priority & _own).scalar_subquery().label("own_last"),
)
"""One statement, built once: it runs in the transaction that every caller waits for."""


class Situation(NamedTuple):
    """What a job meets when it is submitted."""

    waiting: int
    """Jobs of everybody that wait."""
    unfinished: int
    """Jobs of its client that wait or run."""
    turn: int
    """Its own place."""


def situation(tx: Connection, submission: Submission) -> Situation:
    """Look, within the transaction that will accept the job."""
    row = tx.execute(
        _SITUATION, {"client": submission.client, "priority": submission.priority}
    ).one()
    after_own = 0 if row.own_last is None else row.own_last + len(submission.command.sources)
    return Situation(row.waiting, row.unfinished, max(row.front or 0, after_own))
