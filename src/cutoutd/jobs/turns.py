"""How full the queue is when a job comes, and where in it the job stands.

Within one priority the clients take turns: a job's turn is the front of the queue at its
submission, or one after its client's last waiting job (start-time fair queueing, Goyal et al.
1996), so a thousand jobs of one client stand behind the one of another.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from cutoutd.errors import Overloaded, RateLimited
from cutoutd.jobs.model import JobStatus, Submission
from cutoutd.jobs.prepared import Prepared
from cutoutd.jobs.schema import jobs

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
FINAL = tuple(status for status in JobStatus if status.final)
QUEUED = jobs.c.status == JobStatus.QUEUED

_same_priority = QUEUED & (jobs.c.priority == bindparam("priority"))
_own = jobs.c.client == bindparam("client")
_waiting = select(func.count().label("waiting")).select_from(jobs).where(QUEUED)
_open = QUEUED | (jobs.c.status == JobStatus.RUNNING)
_unfinished = select(func.count()).select_from(jobs).where(_own & _open)
_front = select(func.min(jobs.c.turn)).where(_same_priority)
_own_last = select(func.max(jobs.c.turn)).where(_same_priority & _own)
WAITING = Prepared(_waiting)
_SITUATION = Prepared(
    select(
        _waiting.scalar_subquery().label("waiting"),
        _unfinished.scalar_subquery().label("unfinished"),
        _front.scalar_subquery().label("front"),
        _own_last.scalar_subquery().label("own_last"),
    )
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

    def refuse_from(self, max_waiting: int | None, max_unfinished: int | None) -> None:
        """Raises Overloaded with so many jobs waiting, RateLimited with so many of the client's."""
        refuse_from(max_waiting, self.waiting)
        if max_unfinished is not None and self.unfinished >= max_unfinished:
            raise RateLimited(f"{max_unfinished} jobs at a time are", retry_after_s=5)


def unfinished(job_id: int) -> ColumnElement[bool]:
    """The job, while it has not ended."""
    return (jobs.c.id == job_id) & jobs.c.status.in_(UNFINISHED)


def refuse_from(max_waiting: int | None, waiting: int) -> None:
    """Raises Overloaded where so many wait that no more may."""
    if max_waiting is not None and waiting >= max_waiting:
        raise Overloaded("Too many jobs are waiting. Please try again later.", retry_after_s=10)


def situation(tx: Connection, submission: Submission) -> Situation:
    """Look, within the transaction that will accept the job."""
    row = _SITUATION.first(tx, client=submission.client, priority=submission.priority)
    after_own = 0 if row.own_last is None else row.own_last + len(submission.command.sources)
    return Situation(row.waiting, row.unfinished, max(row.front or 0, after_own))
