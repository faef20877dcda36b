"""The deliveries table: every webhook we owe, and how far we got with it.

A delivery is PENDING until a receiver accepted it (DELIVERED) or we gave up (PARKED). Claiming
one moves its next attempt past the end of this one, so that a process that dies in between
loses nothing: the delivery is due again. An attempt counts when its end is recorded, so that our
own death or stop does not lengthen a receiver's wait.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, insert, select, update

from cutoutd.errors import NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Job, now_ms
from cutoutd.jobs.schema import deliveries

_ONE_MORE = deliveries.c.attempts + 1


class DeliveryState(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook we owe."""

    id: int
    webhook_id: str
    """The same at every attempt: receivers know a repetition by it."""
    job_id: int
    client: str
    url: str
    host: str
    body: bytes
    """The exact bytes that are signed and sent."""
    state: DeliveryState
    attempts: int
    """Those that ended; one that is under way, or that died with its process, is not among them."""
    next_at: int
    created_at: int
    ended_at: int | None
    last_status: int | None
    last_error: str | None


def owe(tx: Connection, job: Job, url: str, body: bytes, now: int) -> None:
    """Record, within the transaction that ends the job, that `url` must hear of it."""
    tx.execute(
        insert(deliveries).values(
            webhook_id=f"msg_{uuid.uuid4().hex}",
            job_id=job.id,
            client=job.client,
            url=url,
            host=(urlsplit(url).hostname or "")[:300],
            body=body,
            state=DeliveryState.PENDING,
            attempts=0,
            next_at=now,
            created_at=now,
        )
    )


class DeliveryStore:
    """Deliveries in the database. Thread-safe; every method is one transaction."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    def claim(
        self, *, lease_ms: int, busy_hosts: Collection[str] = (), busy_clients: Collection[str] = ()
    ) -> Delivery | None:
        """Take the delivery that has been due longest, none for a busy host or client.

        It is due again after `lease_ms` unless one of the methods below comes first. None if
        nothing is due.
        """
        now = self._clock()
        due = (
            select(deliveries.c.id)
            .where(deliveries.c.state == DeliveryState.PENDING, deliveries.c.next_at <= now)
            .where(deliveries.c.host.not_in(busy_hosts), deliveries.c.client.not_in(busy_clients))
            .order_by(deliveries.c.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(deliveries)
            .where(deliveries.c.id == due.scalar_subquery())
            .values(next_at=now + lease_ms)
            .returning(deliveries)
        )
        with self._database.write() as tx:
            row = tx.execute(taken).one_or_none()
        return None if row is None else _delivery(row)

    def delivered(self, delivery: Delivery, *, status: int) -> None:
        """The receiver accepted it."""
        self._change(
            delivery.id,
            attempts=_ONE_MORE,
            state=DeliveryState.DELIVERED,
            ended_at=self._clock(),
            last_status=status,
            last_error=None,
        )

    def postpone(self, delivery: Delivery, *, wait_ms: int, status: int | None, error: str) -> None:
        """The attempt failed; the next one comes after `wait_ms`."""
        self._change(
            delivery.id,
            attempts=_ONE_MORE,
            next_at=self._clock() + wait_ms,
            last_status=status,
            last_error=error,
        )

    def give_back(self, delivery: Delivery) -> None:
        """The attempt was broken off by us: due at once, and it does not count."""
        self._change(delivery.id, next_at=self._clock())

    def park(self, delivery: Delivery, *, status: int | None, error: str) -> None:
        """Give up, until it is replayed."""
        self._change(
            delivery.id,
            attempts=_ONE_MORE,
            state=DeliveryState.PARKED,
            ended_at=self._clock(),
            last_status=status,
            last_error=error,
        )

    def replay(self, delivery_id: int) -> None:
        """Make a parked or delivered one due now, with its attempts counted anew. Or NotFound."""
        self._change(
            delivery_id,
            state=DeliveryState.PENDING,
            attempts=0,
            next_at=self._clock(),
            ended_at=None,
        )

    def get(self, delivery_id: int) -> Delivery:
        """Raises NotFound."""
        found = self.find(where_id=delivery_id)
        if not found:
            raise NotFound("There is no such delivery.")
        return found[0]

    def find(
        self,
        *,
        state: DeliveryState | None = None,
        job_id: int | None = None,
        where_id: int | None = None,
        limit: int = 100,
    ) -> list[Delivery]:
        """The newest deliveries, those that match."""
        query = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
        for column, wanted in (
            (deliveries.c.state, state),
            (deliveries.c.job_id, job_id),
            (deliveries.c.id, where_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def purge(self, *, ended_before: int, state: DeliveryState | None = None) -> int:
        """Forget deliveries that ended before this time, of any state or one; how many."""
        old = deliveries.c.ended_at < ended_before
        if state is not None:
            old &= deliveries.c.state == state
        with self._database.write() as tx:
            return tx.execute(delete(deliveries).where(old)).rowcount

    def _change(self, delivery_id: int, **values: object) -> None:
        with self._database.write() as tx:
            chosen = update(deliveries).where(deliveries.c.id == delivery_id).values(values)
            if not tx.execute(chosen).rowcount:
                raise NotFound("There is no such delivery.")


def _delivery(row: Row[Any]) -> Delivery:
    known = row.state in tuple(DeliveryState)  # Another version may know more of them.
    state = DeliveryState(row.state) if known else DeliveryState.PARKED
    return Delivery(**{**row._asdict(), "state": state})
