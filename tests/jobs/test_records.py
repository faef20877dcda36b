"""What an operator and the sweeper can do with the jobs table."""

from dataclasses import replace

import pytest
from tests.jobs.samples import START_MS, FakeClock, a_submission, succeeded

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.database import Database
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore

DAY_S = 24 * 3600


@pytest.fixture
def records(database: Database, clock: FakeClock) -> JobRecords:
    return JobRecords(database, clock=clock)


def ended(store: JobStore, outcome: Outcome | None = None, **more: object) -> Job:
    store.insert(a_submission(**more))  # type: ignore[arg-type]
    job = store.claim("ann")
    assert job is not None
    return store.finish(job, outcome or succeeded())


def failed() -> Outcome:
    return Outcome(status=JobStatus.FAILED)


def test_jobs_are_found_by_state_and_client_newest_first(
    store: JobStore, records: JobRecords
) -> None:
    good, bad = ended(store), ended(store, failed(), client="bob")
    waiting = store.insert(a_submission())
    assert [job.id for job in records.find()] == [waiting.id, bad.id, good.id]
    assert [job.id for job in records.find(limit=1)] == [waiting.id]
    assert [job.id for job in records.find(after=bad.id)] == [good.id]
    assert [job.id for job in records.find(status=JobStatus.FAILED)] == [bad.id]
    assert [job.id for job in records.find(dialect="no-such-dialect")] == []
    assert [job.id for job in records.find(client="ann")] == [waiting.id, good.id]


def test_every_state_is_counted(store: JobStore, records: JobRecords) -> None:
    ended(store)
    store.insert(a_submission(client="bob"))
    assert records.count() == {
        JobStatus.QUEUED: 1,
        JobStatus.RUNNING: 0,
        JobStatus.SUCCEEDED: 1,
        JobStatus.FAILED: 0,
        JobStatus.CANCELLED: 0,
    }
    assert records.count(client="bob")[JobStatus.SUCCEEDED] == 0


def test_a_failed_job_can_wait_again(store: JobStore, records: JobRecords) -> None:
    job = ended(store, failed())
    again = records.retry(job.id)
    assert (again.status, again.outcome, again.finished_at) == (JobStatus.QUEUED, None, None)
    assert again.artifact_keys == job.artifact_keys
    started = store.claim("bob")
    assert started is not None
    assert started.attempt == 2


def test_what_succeeded_or_is_unknown_cannot_be_retried(
    store: JobStore, records: JobRecords
) -> None:
    with pytest.raises(InvalidRequest, match="succeeded"):
        records.retry(ended(store).id)
    with pytest.raises(NotFound):
        records.retry(404)


def test_a_job_expires_when_it_has_been_kept_long_enough(
    store: JobStore, records: JobRecords, clock: FakeClock
) -> None:
    job = ended(store)
    store.insert(a_submission())
    clock.advance(DAY_S - 1)
    assert records.expired() == []
    clock.advance(1)
    assert [expired.id for expired in records.expired()] == [job.id]
    records.forget([job.id])
    assert records.expired() == []
    with pytest.raises(NotFound):
        store.get(job.id)


def test_what_waits_or_runs_never_expires_and_cannot_be_forgotten(
    store: JobStore, records: JobRecords, clock: FakeClock
) -> None:
    running = store.insert(a_submission())
    store.claim("ann")
    waiting = store.insert(a_submission())
    clock.advance(1000 * DAY_S)
    assert records.expired() == []
    records.forget([running.id, waiting.id])
    assert store.get(running.id).status is JobStatus.RUNNING
    assert store.get(waiting.id).status is JobStatus.QUEUED


def test_an_idempotency_key_outlives_what_its_job_made(
    store: JobStore, records: JobRecords, clock: FakeClock
) -> None:
    submission = a_submission(idempotency_key="k", fingerprint="f", keep_ms=3_600_000)
    job = store.insert(submission)
    claimed = store.claim("ann")
    assert claimed is not None
    store.finish(claimed, succeeded())
    clock.advance(3600)
    records.forget([expired.id for expired in records.expired()])
    assert store.insert(submission).id == job.id
    clock.advance(23 * 3600)
    records.forget([expired.id for expired in records.expired()])
    later = replace(submission, artifact_keys=("generations/later.png",))
    assert store.insert(later).id != job.id


def test_it_knows_since_when_sources_are_needed(
    store: JobStore, records: JobRecords, clock: FakeClock
) -> None:
    assert records.oldest_unfinished() is None
    ended(store)
    clock.advance(5)
    store.insert(a_submission())
    clock.advance(5)
    store.insert(a_submission())
    assert records.oldest_unfinished() == START_MS + 5000
