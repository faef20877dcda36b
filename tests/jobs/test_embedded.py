"""What only threads in one process promise."""

import logging
import threading
from pathlib import Path

import pytest
from tests.jobs.samples import a_submission, render_webhook, succeeded

from cutoutd.errors import ConfigurationError
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.model import Job
from cutoutd.jobs.store import JobStore


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database("", tmp_path)


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, render_webhook=render_webhook)


def dispatcher_for(store: JobStore, lock: Path) -> EmbeddedDispatcher:
    return EmbeddedDispatcher(store, lambda _: succeeded(), workers=1, lock_file=lock)


def test_two_processes_on_one_data_folder_are_a_start_up_error(
    store: JobStore, tmp_path: Path
) -> None:
    first = dispatcher_for(store, tmp_path / "lock")
    first.start()
    with pytest.raises(ConfigurationError, match="CUTOUTD_DATA_DIR"):
        dispatcher_for(store, tmp_path / "lock").start()
    first.stop(1)
    again = dispatcher_for(store, tmp_path / "lock")
    again.start()
    again.stop(1)


def test_the_log_says_what_a_dead_process_left(
    store: JobStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.insert(a_submission())
    store.claim("dead")
    dispatcher = dispatcher_for(store, tmp_path / "lock")
    with caplog.at_level(logging.WARNING):
        dispatcher.start()
    dispatcher.stop(1)
    assert "job 1 was running when the process died" in caplog.text


class CountingStore(JobStore):
    """Counts how often a worker looks for a job."""

    looks = 0

    def claim(self, worker: str) -> Job | None:
        self.looks += 1
        return super().claim(worker)


def test_idle_workers_do_not_keep_each_other_awake(database: Database, tmp_path: Path) -> None:
    store = CountingStore(database, render_webhook=render_webhook)
    dispatcher = EmbeddedDispatcher(
        store, lambda _: succeeded(), workers=4, lock_file=tmp_path / "lock"
    )
    dispatcher.start()
    threading.Event().wait(0.5)
    dispatcher.stop(1)
    assert store.looks <= 2 * 4
