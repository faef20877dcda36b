import pytest
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Failure, JobStatus, Outcome
from cutoutd.jobs.oversight import Oversight
from cutoutd.jobs.store import JobStore

FAILED = Outcome(status=JobStatus.FAILED, failure=Failure(code="processing_failed", message="No."))


@pytest.fixture
def oversight(database: Database, clock: FakeClock) -> Oversight:
    return Oversight(database, clock=clock)


def end_one(store: JobStore, outcome: Outcome, **asked: str) -> int:
    store.insert(a_submission(**asked))
    job = store.claim("ann")
    assert job is not None
    return store.finish(job, outcome).id


def test_a_census_counts_every_status_and_what_is_owed(
    oversight: Oversight, store: JobStore, clock: FakeClock
) -> None:
    end_one(store, succeeded(), webhook="http://receiver/")
    store.insert(a_submission())
    clock.advance(7)

    census = oversight.census()

    assert census.jobs[JobStatus.SUCCEEDED] == census.jobs[JobStatus.QUEUED] == 1
    assert census.jobs[JobStatus.FAILED] == 0
    assert census.deliveries == {"pending": 1}
    assert census.oldest_waiting_ms == 7000


def test_an_empty_queue_has_no_oldest_job(oversight: Oversight) -> None:
    assert oversight.census().oldest_waiting_ms == 0


def test_lists_go_from_the_newest_and_can_be_continued(
    oversight: Oversight, store: JobStore
) -> None:
    first, second, third = (store.insert(a_submission()).id for _ in range(3))

    page = oversight.jobs(limit=2)

    assert [job.id for job in page] == [third, second]
    assert [job.id for job in oversight.jobs(before_id=page[-1].id)] == [first]


def test_a_list_can_be_of_one_status(oversight: Oversight, store: JobStore) -> None:
    failed = end_one(store, FAILED)
    store.insert(a_submission())

    assert [job.id for job in oversight.jobs(status=JobStatus.FAILED)] == [failed]


def test_a_failed_job_can_be_run_again(oversight: Oversight, store: JobStore) -> None:
    failed = end_one(store, FAILED)

    again = oversight.retry(failed)

    assert again.status is JobStatus.QUEUED
    assert again.outcome is None
    claimed = store.claim("bob")
    assert claimed is not None
    assert (claimed.id, claimed.attempt) == (failed, 2)


def test_a_job_that_succeeded_is_not_run_again(oversight: Oversight, store: JobStore) -> None:
    done = end_one(store, succeeded())

    with pytest.raises(InvalidRequest, match="succeeded"):
        oversight.retry(done)


def test_an_unknown_job_cannot_be_retried(oversight: Oversight) -> None:
    with pytest.raises(NotFound):
        oversight.retry(404)


def test_old_jobs_are_left_to_the_sweeper_and_waiting_ones_are_not(
    oversight: Oversight, store: JobStore, clock: FakeClock
) -> None:
    done = end_one(store, succeeded())
    waiting = store.insert(a_submission()).id
    clock.advance(60)

    assert oversight.expire(ended_before=clock()) == 1
    assert oversight.get(done).expires_at == clock()
    assert oversight.get(waiting).expires_at is None
