"""Who runs a job next: the interface of the two dispatchers, and the one attempt they share.

The jobs table is the truth. A dispatcher may forget everything; `start` finds it again.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeAlias

from sqlalchemy import Connection
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from cutoutd.errors import AttemptLost, Overloaded
from cutoutd.jobs.model import Failure, Job, Outcome
from cutoutd.jobs.store import Enlist, JobStore
from cutoutd.logs import working_on
from cutoutd.loops import Loop

log = logging.getLogger(__name__)

Perform: TypeAlias = Callable[[Job], Outcome]
"""Does the work of one attempt; never raises for anything the job itself can cause.

Raises Overloaded when room or a store is away that the job needs: it is put back until later.
"""

TOO_LONG = Failure(code="processing_failed", message="The image took too long to process.")

_STORE_TIMEOUT_S = 120.0


class Dispatcher(Protocol):
    """Brings waiting jobs and workers together."""

    def enlist(self, transaction: Connection, job: Job) -> None:
        """Learn of a job within the transaction that accepts it."""
        ...

    def notify(self) -> None:
        """A job has been accepted; wake a worker. Never blocks."""
        ...

    def slots(self) -> int:
        """How many jobs can run at the same time, at least 1."""
        ...

    @property
    def loops(self) -> Sequence[Loop]:
        """The loops that look for jobs and after workers, in this process."""
        ...

    def start(self) -> None:
        """Make every unfinished job due and begin to work."""
        ...

    def stop(self, grace_s: float) -> None:
        """Begin no more; wait this long for what runs, then give it back to the queue."""
        ...

    def stop_now(self) -> None:
        """End a `stop` that is waiting now."""
        ...


def run_attempt(
    store: JobStore, job: Job, perform: Perform, *, enlist: Enlist | None = None
) -> None:
    """Work on a running job and record how it ended.

    What raises Overloaded for want of room or of a store is put back, not failed.
    A store that is away is asked again for two minutes, so that a database restart does not
    throw work away. If another attempt has taken over, this one's outcome is dropped.
    """
    record: Callable[[], object]
    try:
        with working_on(job.id):
            outcome = perform(job)
    except Overloaded as exc:
        log.warning("job %d is put back: %s", job.id, exc.__cause__ or exc.message)
        record = partial(store.put_back, job, enlist=enlist)
    else:
        record = partial(store.finish, job, outcome)
    patiently = Retrying(
        retry=retry_if_exception_type(Overloaded),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(_STORE_TIMEOUT_S),
        reraise=True,
    )
    try:
        patiently(record)
    except AttemptLost:
        log.info("attempt %d of job %d was dropped: the job moved on", job.attempt, job.id)
