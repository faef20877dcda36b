"""How much there is of what, at one moment: for readiness, metrics and the operator's page."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from cutoutd.jobs.database import Database
from cutoutd.jobs.model import JobStatus, now_ms
from cutoutd.jobs.schema import deliveries, jobs
from cutoutd.jobs.store import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Jobs and deliveries, counted."""

    jobs: Mapping[JobStatus, int]
    """By status; a status that no job has is 0."""
    deliveries: Mapping[str, int]
    """By state; a state that no delivery has is left out."""
    oldest_waiting_ms: int
    """How long the oldest waiting job has waited; 0 if none waits."""


def take_census(database: Database, *, clock: Clock = now_ms) -> Census:
    """Count what there is now. Raises Overloaded while the database is away."""
    by_status = select(jobs.c.status, func.count()).group_by(jobs.c.status)
    by_state = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    oldest = select(func.min(jobs.c.created_at)).where(jobs.c.status == JobStatus.QUEUED)
    with database.read() as connection:
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_status)}
        owed: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_state)}
        since = connection.execute(oldest).scalar_one()
    return Census(
        jobs={status: counts.get(status, 0) for status in JobStatus},
        deliveries=owed,
        oldest_waiting_ms=0 if since is None else max(0, clock() - since),
    )
