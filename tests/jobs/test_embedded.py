"""What only threads in one process promise."""

import logging
import threading
from pathlib import Path

import pytest
from tests.jobs.samples import a_submission, render_webhook, succeeded

from cutoutd.errors import ConfigurationError, Overloaded
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.model import Job, JobStatus, Outcome
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


def test_what_a_dead_process_left_is_settled_in_a_folder_of_its_own_before_anybody_works(
    store: JobStore, tmp_path: Path
) -> None:
    store.insert(a_submission())
    seen: list[JobStatus] = []

    def settle() -> None:
        with pytest.raises(ConfigurationError):
            dispatcher_for(store, tmp_path / "lock").start()
        seen.append(store.get(1).status)

    done = threading.Event()
    store.watch(lambda _: done.set())
    dispatcher = EmbeddedDispatcher(
        store, lambda _: succeeded(), workers=1, lock_file=tmp_path / "lock", settle=settle
    )
    dispatcher.start()
    assert done.wait(20)
    dispatcher.stop(1)
    assert seen == [JobStatus.QUEUED]


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


class ForgetfulStore(JobStore):
    """Fails the first time a worker looks for a job, and the first time one is to end."""

    failures = 0
    at_the_end: Exception = Overloaded("no", retry_after_s=1)

    def claim(self, worker: str) -> Job | None:
        if not self.failures:
            self.failures = 1
            raise RuntimeError("nobody thought of this")
        return super().claim(worker)

    def finish(self, job: Job, outcome: Outcome) -> Job:
        if self.failures == 1:
            self.failures = 2
            raise self.at_the_end
        return super().finish(job, outcome)


def test_a_worker_outlives_what_nobody_thought_of(database: Database, tmp_path: Path) -> None:
    store = ForgetfulStore(database, render_webhook=render_webhook)
    ended = threading.Event()
    store.watch(lambda _: ended.set())
    job = store.insert(a_submission())
    dispatcher = dispatcher_for(store, tmp_path / "lock")
    dispatcher.start()
    assert ended.wait(20)
    dispatcher.stop(1)
    assert store.get(job.id).status is JobStatus.SUCCEEDED


@pytest.mark.parametrize("error", [Overloaded("no", retry_after_s=1), ZeroDivisionError()])
def test_a_job_that_took_too_long_fails_although_the_store_was_away(
    database: Database, tmp_path: Path, error: Exception
) -> None:
    store = ForgetfulStore(database, render_webhook=render_webhook)
    store.at_the_end = error
    store.failures = 1
    stay, ended = threading.Event(), threading.Event()
    store.watch(lambda _: ended.set())
    job = store.insert(a_submission())

    def hang(_: Job) -> Outcome:
        stay.wait(20)
        return succeeded()

    dispatcher = EmbeddedDispatcher(
        store, hang, workers=1, lock_file=tmp_path / "lock", time_limit_s=0.1
    )
    dispatcher.start()
    assert ended.wait(20)
    stay.set()
    dispatcher.stop(1)
    assert store.get(job.id).status is JobStatus.FAILED


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_whose_thread_died_is_replaced_and_its_job_runs_again(
    database: Database, tmp_path: Path
) -> None:
    class Deadly(JobStore):
        deaths = 1

        def claim(self, worker: str) -> Job | None:
            job = super().claim(worker)
            if job is not None and self.deaths:
                self.deaths = 0
                raise SystemExit  # Nothing that the worker's nets hold.
            return job

    store, ended = Deadly(database, render_webhook=render_webhook), threading.Event()
    store.watch(lambda _: ended.set())
    jobs = [store.insert(a_submission()) for _ in range(2)]
    dispatcher = dispatcher_for(store, tmp_path / "lock")
    dispatcher.start()
    assert ended.wait(20)
    dispatcher.stop(1)
    assert store.get(jobs[1].id).status is JobStatus.SUCCEEDED


def test_looking_for_jobs_in_vain_is_counted(database: Database, tmp_path: Path) -> None:
    store = ForgetfulStore(database, render_webhook=render_webhook)
    dispatcher = dispatcher_for(store, tmp_path / "lock")
    ended = threading.Event()
    store.watch(lambda _: ended.set())
    store.insert(a_submission())
    dispatcher.start()
    assert ended.wait(20)
    dispatcher.stop(1)
    claims, _ = dispatcher.loops
    assert claims.failures == 1
