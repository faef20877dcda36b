"""A row that this version cannot read fails alone: everybody else goes on."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.jobs.database import Database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.model import JobStatus
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.rows import UNREADABLE, is_readable
from cutoutd.jobs.store import JobStore

SECRET_URL = "https://bucket/photo.jpg?X-Signature=abc"
DAMAGES: list[dict[str, Any]] = [
    {"command": json.dumps({"sources_v2": [{"url": SECRET_URL}]})},
    {"command": "{"},
    {"command": ""},
    {"artifact_keys": "7"},
    {"artifact_keys": "["},
    {"echo": "[1]"},
    {"echo": "nonsense"},
]


def damage(database: Database, job_id: int, values: dict[str, Any]) -> None:
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    with database.write() as tx:
        tx.execute(text(f"UPDATE jobs SET {assignments} WHERE id = :id"), {"id": job_id, **values})


@pytest.fixture(params=DAMAGES, ids=lambda values: "-".join(map(str, values.items()))[:30])
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


def test_a_waiting_one_fails_and_the_next_one_is_lent(
    store: JobStore, database: Database, values: dict[str, Any]
) -> None:
    bad, good = (store.insert(a_submission()) for _ in range(2))
    damage(database, bad.id, values)
    assert store.claim("w") is None
    job = store.claim("w")
    assert job is not None
    assert job.id == good.id
    assert store.get(bad.id).status is JobStatus.FAILED


def test_one_that_was_running_fails_at_the_start_and_the_others_wait(
    store: JobStore, database: Database, values: dict[str, Any]
) -> None:
    jobs = [store.insert(a_submission()) for _ in range(2)]
    for job in jobs:
        assert store.start(job.id, "dead") is not None
    damage(database, jobs[0].id, values)
    store.recover()
    states = [store.get(job.id).status for job in jobs]
    assert states == [JobStatus.FAILED, JobStatus.QUEUED]


def test_lists_show_it_as_failed(
    store: JobStore, database: Database, clock: FakeClock, values: dict[str, Any]
) -> None:
    ids = [store.insert(a_submission()).id for _ in range(2)]
    damage(database, ids[0], values)
    listed = JobRecords(database, clock=clock).find()
    assert [job.id for job in listed] == ids[::-1]
    assert [is_readable(job) for job in listed] == [True, False]
    assert listed[1].outcome is not None
    assert listed[1].outcome.failure == UNREADABLE


def test_its_receiver_hears_of_its_end(store: JobStore, database: Database) -> None:
    bad = store.insert(a_submission(webhook="http://receiver/"))
    damage(database, bad.id, {"command": "{"})
    assert store.claim("w") is None
    assert [one.job_id for one in DeliveryStore(database).find()] == [bad.id]


def test_what_the_caller_sent_does_not_get_into_the_log(
    store: JobStore, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bad = store.insert(a_submission())
    damage(database, bad.id, DAMAGES[0])
    store.claim("w")
    assert f"job {bad.id} cannot be read" in caplog.text
    assert "abc" not in caplog.text


def test_a_state_of_another_version_is_listed_and_counted_with_the_rest(
    store: JobStore, database: Database, clock: FakeClock
) -> None:
    bad, good = (store.insert(a_submission()) for _ in range(2))
    damage(database, bad.id, {"status": "paused"})
    records = JobRecords(database, clock=clock)
    assert [job.id for job in records.find()] == [good.id, bad.id]
    assert records.count()[JobStatus.QUEUED] == 1


def test_an_expired_one_gives_its_files_to_the_sweeper(
    store: JobStore, database: Database, clock: FakeClock
) -> None:
    running = store.start(store.insert(a_submission()).id, "w")
    assert running is not None
    store.finish(running, succeeded())
    damage(database, running.id, {"command": "{", "expires_at": 1})
    (expired,) = JobRecords(database, clock=clock).expired()
    assert expired.artifact_keys == running.artifact_keys
