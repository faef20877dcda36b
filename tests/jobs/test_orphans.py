"""Jobs that procrastinate forgot are found by one statement, by one process at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import a_submission, render_webhook

from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.model import Job, Outcome, now_ms
from cutoutd.jobs.procrastinate import LOOK_ALONE, ProcrastinateDispatcher
from cutoutd.jobs.store import JobStore

SOON_MS = 1000


def do_nothing(job: Job) -> Outcome:
    raise AssertionError(job.id)  # Nobody works here.


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Iterator[Database]:
    database = open_database(postgres_url, tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, render_webhook=render_webhook)


@pytest.fixture
def dispatcher(database: Database, store: JobStore) -> Iterator[ProcrastinateDispatcher]:
    dispatcher = ProcrastinateDispatcher(database, store, do_nothing, workers=0)
    dispatcher.start()
    yield dispatcher
    dispatcher.stop(0)


def test_an_orphan_is_an_old_job_that_waits_or_runs_without_a_ticket(
    dispatcher: ProcrastinateDispatcher, store: JobStore
) -> None:
    waits, runs, ended = (store.insert(a_submission()).id for _ in range(3))
    store.insert(a_submission(), enlist=dispatcher.enlist)
    store.start(runs, "ann")
    store.cancel(ended)
    assert dispatcher.find_orphans(created_before=now_ms() + SOON_MS) == [waits, runs]
    assert dispatcher.find_orphans(created_before=0) == []


def test_one_process_at_a_time_looks_for_orphans(
    dispatcher: ProcrastinateDispatcher, store: JobStore, database: Database
) -> None:
    orphan = store.insert(a_submission()).id
    with database.read() as another:
        assert another.execute(LOOK_ALONE).scalar()
        assert dispatcher.find_orphans(created_before=now_ms() + SOON_MS) == []
    assert dispatcher.find_orphans(created_before=now_ms() + SOON_MS) == [orphan]
