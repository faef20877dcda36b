"""How much there is of what, at one moment: for readiness, metrics and the operator's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Select, func, select

from cutoutd.jobs.database import Database
from cutoutd.jobs.deliveries import DeliveryState
from cutoutd.jobs.model import JobStatus, now_ms
from cutoutd.jobs.schema import deliveries, jobs
from cutoutd.jobs.store import Clock
from cutoutd.jobs.turns import UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Jobs and deliveries, counted."""

    jobs: Mapping[JobStatus, int]
    """By each status that was looked for."""
    deliveries: Mapping[str, int]
    """By each state that was looked for."""
    oldest_waiting_ms: int
    """How long the oldest waiting job has waited; 0 if none waits."""


def take_census(database: Database, *, ended: bool, clock: Clock = now_ms) -> Census:
    """Count what there is now. Raises Overloaded while the database is away.

    ended: also the jobs and deliveries that are done. They are most of what is kept, so that
    counting them takes the longer the more jobs there are in a day.
    """
    statuses = tuple(JobStatus) if ended else UNFINISHED
    states = tuple(DeliveryState) if ended else (DeliveryState.PENDING, DeliveryState.PARKED)
    by_status = _counts_of(jobs.c.status, statuses)
    by_state = _counts_of(deliveries.c.state, states)
    oldest = select(func.min(jobs.c.created_at)).where(jobs.c.status == JobStatus.QUEUED)
    with database.read() as connection:
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_status)}
        owed: dict[str, int] = {row[0]: row[1] for row in connection.execute(by_state)}
        since = connection.execute(oldest).scalar_one()
    return Census(
        jobs={status: counts.get(status, 0) for status in statuses},
        deliveries={state.value: owed.get(state, 0) for state in states},
        oldest_waiting_ms=0 if since is None else max(0, clock() - since),
    )


def _counts_of(column: Column[str], values: Sequence[str]) -> Select[str, int]:
    """Rows by each of these values, by the index that begins with the column."""
    return select(column, func.count()).where(column.in_(values)).group_by(column)
