from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.jobs.census import take_census
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import JobStatus
from cutoutd.jobs.store import JobStore


def test_a_census_counts_every_status_and_what_is_owed(
    database: Database, store: JobStore, clock: FakeClock
) -> None:
    store.insert(a_submission(webhook="http://receiver/"))
    job = store.claim("ann")
    assert job is not None
    store.finish(job, succeeded())
    store.insert(a_submission())
    clock.advance(7)

    census = take_census(database, ended=True, clock=clock)

    assert census.jobs[JobStatus.SUCCEEDED] == census.jobs[JobStatus.QUEUED] == 1
    assert census.jobs[JobStatus.FAILED] == 0
    assert census.deliveries == {"pending": 1, "delivered": 0, "parked": 0}
    assert census.oldest_waiting_ms == 7000


def test_a_census_without_the_ended_looks_only_for_what_is_still_to_do(
    database: Database, store: JobStore
) -> None:
    store.insert(a_submission())
    job = store.claim("ann")
    assert job is not None
    store.finish(job, succeeded())

    census = take_census(database, ended=False)

    assert census.jobs == {JobStatus.QUEUED: 0, JobStatus.RUNNING: 0}
    assert census.deliveries == {"pending": 0, "parked": 0}


def test_an_empty_queue_has_no_oldest_job(database: Database) -> None:
    assert take_census(database, ended=False).oldest_waiting_ms == 0
