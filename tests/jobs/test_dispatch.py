"""The promises of a dispatcher; they hold for threads in this process and for procrastinate."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import a_submission, render_webhook, succeeded

from cutoutd.errors import Overloaded
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.dispatch import Dispatcher, Perform, run_attempt
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.limits import Fetching
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.procrastinate import ProcrastinateDispatcher
from cutoutd.jobs.store import JobStore

PATIENCE_S = 20.0


class Ends:
    """Hears of every end, and waits for them."""

    def __init__(self, store: JobStore) -> None:
        self.jobs: list[Job] = []
        self._changed = threading.Condition()
        store.watch(self._ended)

    def _ended(self, job: Job) -> None:
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[Job]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.jobs) >= count, PATIENCE_S)
            return list(self.jobs)


class Gate:
    """Work that begins, says so, and ends when a test lets it."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.opened = threading.Event()

    def perform(self, job: Job) -> Outcome:
        self.begun.release()
        assert self.opened.wait(PATIENCE_S)
        return succeeded()

    def wait_until_begun(self) -> None:
        assert self.begun.acquire(timeout=PATIENCE_S)


def do_at_once(job: Job) -> Outcome:
    return succeeded()


Make = Callable[..., Dispatcher]


@pytest.fixture(params=["embedded", "procrastinate"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    url = request.getfixturevalue("postgres_url") if kind == "procrastinate" else ""
    database = open_database(url, tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, render_webhook=render_webhook)


@pytest.fixture
def ends(store: JobStore) -> Ends:
    return Ends(store)


@pytest.fixture
def make(kind: str, database: Database, store: JobStore, tmp_path: Path) -> Iterator[Make]:
    made: list[Dispatcher] = []
    before = set(threading.enumerate())

    def make(
        perform: Perform,
        *,
        workers: int = 1,
        time_limit_s: float = 60.0,
        fetching: Fetching | None = None,
    ) -> Dispatcher:
        dispatcher: Dispatcher
        if kind == "embedded":
            dispatcher = EmbeddedDispatcher(
                store,
                perform,
                workers=workers,
                lock_file=tmp_path / "lock",
                time_limit_s=time_limit_s,
                fetching=fetching,
            )
        else:
            dispatcher = ProcrastinateDispatcher(
                database,
                store,
                perform,
                workers=workers,
                time_limit_s=time_limit_s,
                fetching=fetching,
                heartbeat_s=0.1,
                stalled_after_s=0.5,
            )
        made.append(dispatcher)
        dispatcher.start()
        return dispatcher

    yield make
    for dispatcher in made:
        dispatcher.stop(0)
    for thread in set(threading.enumerate()) - before:  # What was given back may still be at work.
        if thread.name.startswith("worker"):
            thread.join(PATIENCE_S)


def submit(store: JobStore, dispatcher: Dispatcher, **more: object) -> Job:
    job = store.insert(a_submission(**more), enlist=dispatcher.enlist)  # type: ignore[arg-type]
    dispatcher.notify()
    return job


def test_an_accepted_job_is_performed(make: Make, store: JobStore, ends: Ends) -> None:
    job = submit(store, make(do_at_once))
    (final,) = ends.wait_for(1)
    assert (final.id, final.status, final.attempt) == (job.id, JobStatus.SUCCEEDED, 1)
    assert final.outcome == succeeded()


def test_many_jobs_of_many_workers_are_each_performed_once(
    make: Make, store: JobStore, ends: Ends
) -> None:
    dispatcher = make(do_at_once, workers=4)
    submitted = [submit(store, dispatcher, client=f"c{n % 4}").id for n in range(40)]
    assert sorted(job.id for job in ends.wait_for(40)) == submitted


def test_the_order_is_that_of_the_table(make: Make, store: JobStore, ends: Ends) -> None:
    gate = Gate()
    dispatcher = make(gate.perform)
    first = submit(store, dispatcher, client="a")
    gate.wait_until_begun()
    a1, a2 = (submit(store, dispatcher, client="a") for _ in range(2))
    b1 = submit(store, dispatcher, client="b")
    urgent = submit(store, dispatcher, client="a", priority=1)
    gate.opened.set()
    assert [job.id for job in ends.wait_for(5)] == [first.id, urgent.id, a1.id, b1.id, a2.id]


def test_a_job_that_was_cancelled_while_it_waited_is_not_performed(
    make: Make, store: JobStore, ends: Ends
) -> None:
    gate = Gate()
    dispatcher = make(gate.perform)
    submit(store, dispatcher)
    gate.wait_until_begun()
    store.cancel(submit(store, dispatcher).id)
    last = submit(store, dispatcher)
    gate.opened.set()
    assert ends.wait_for(3)[-1].id == last.id
    assert store.get(last.id - 1).attempt == 0


def test_a_stop_waits_for_what_runs_and_begins_no_more(make: Make, store: JobStore) -> None:
    gate = Gate()
    dispatcher = make(gate.perform)
    running = submit(store, dispatcher)
    gate.wait_until_begun()
    waiting = submit(store, dispatcher)
    stopper = threading.Thread(target=dispatcher.stop, args=(PATIENCE_S,))
    stopper.start()
    gate.opened.set()
    stopper.join(PATIENCE_S)
    assert store.get(running.id).status is JobStatus.SUCCEEDED
    assert store.get(waiting.id).status is JobStatus.QUEUED


def test_what_runs_too_long_at_a_stop_is_given_back_and_runs_again_later(
    make: Make, store: JobStore, ends: Ends
) -> None:
    gate = Gate()
    dispatcher = make(gate.perform)
    job = submit(store, dispatcher)
    gate.wait_until_begun()
    dispatcher.stop(0.1)
    assert store.get(job.id).status is JobStatus.QUEUED
    make(do_at_once)
    (final,) = ends.wait_for(1)
    assert (final.id, final.status, final.attempt) == (job.id, JobStatus.SUCCEEDED, 2)
    gate.opened.set()


def test_a_stop_that_waits_can_be_made_to_end_now(make: Make, store: JobStore) -> None:
    gate = Gate()
    dispatcher = make(gate.perform)
    job = submit(store, dispatcher)
    gate.wait_until_begun()
    stopper = threading.Thread(target=dispatcher.stop, args=(600,))
    stopper.start()
    dispatcher.stop_now()
    stopper.join(PATIENCE_S)
    assert not stopper.is_alive()
    assert store.get(job.id).status is JobStatus.QUEUED
    gate.opened.set()


def test_a_job_that_takes_too_long_fails_and_others_go_on(
    make: Make, store: JobStore, ends: Ends
) -> None:
    gate = Gate()
    slow = threading.Event()

    def perform(job: Job) -> Outcome:
        return do_at_once(job) if slow.is_set() else (slow.set(), gate.perform(job))[1]

    dispatcher = make(perform, time_limit_s=0.3)
    submit(store, dispatcher)
    submit(store, dispatcher)
    ended = {job.status: job for job in ends.wait_for(2)}
    assert set(ended) == {JobStatus.FAILED, JobStatus.SUCCEEDED}
    outcome = ended[JobStatus.FAILED].outcome
    assert outcome is not None
    assert outcome.failure is not None
    assert "too long" in outcome.failure.message
    gate.opened.set()


def test_what_a_dead_process_left_running_runs_again(
    make: Make, store: JobStore, ends: Ends
) -> None:
    job = store.insert(a_submission())
    store.start(job.id, "a process that died")
    make(do_at_once)
    (final,) = ends.wait_for(1)
    assert (final.id, final.status, final.attempt) == (job.id, JobStatus.SUCCEEDED, 2)


def test_a_job_that_nobody_was_told_of_is_found(make: Make, store: JobStore, ends: Ends) -> None:
    job = store.insert(a_submission())
    make(do_at_once)
    assert ends.wait_for(1)[0].id == job.id


def test_it_has_a_slot_for_each_worker(make: Make, store: JobStore, ends: Ends) -> None:
    dispatcher = make(do_at_once, workers=3)
    submit(store, dispatcher)
    ends.wait_for(1)
    assert dispatcher.slots() == 3


def test_an_attempt_that_lost_its_job_is_dropped(store: JobStore) -> None:
    store.insert(a_submission())
    job = store.claim("ann")
    assert job is not None
    store.cancel(job.id)
    run_attempt(store, job, do_at_once)
    assert store.get(job.id).status is JobStatus.CANCELLED


class Hosts:
    """Hosts that answer when a test lets them; stored images need none."""

    def __init__(self) -> None:
        self.answering = threading.Event()
        self.asked = threading.Semaphore(0)

    def perform(self, job: Job) -> Outcome:
        if job.command.fetches():
            self.asked.release()
            assert self.answering.wait(PATIENCE_S)
        return succeeded()


def test_jobs_that_wait_for_slow_hosts_keep_no_worker(
    make: Make, store: JobStore, ends: Ends
) -> None:
    hosts = Hosts()
    dispatcher = make(hosts.perform, fetching=Fetching(places=4, per_client=3))
    slow = [submit(store, dispatcher).id for _ in range(6)]
    assert all(hosts.asked.acquire(timeout=PATIENCE_S) for _ in range(3))
    stored = submit(store, dispatcher, uploads=("inputs/x",))
    assert [job.id for job in ends.wait_for(1)] == [stored.id]
    hosts.answering.set()
    assert {job.id for job in ends.wait_for(7)} == {*slow, stored.id}


def test_slow_hosts_of_one_client_keep_no_place_of_anothers(
    make: Make, store: JobStore, ends: Ends
) -> None:
    hosts = Hosts()
    dispatcher = make(hosts.perform, fetching=Fetching(places=4, per_client=3))
    for _ in range(6):
        submit(store, dispatcher)
    assert all(hosts.asked.acquire(timeout=PATIENCE_S) for _ in range(3))
    assert not hosts.asked.acquire(timeout=0.3)
    submit(store, dispatcher, client="bob")
    assert hosts.asked.acquire(timeout=PATIENCE_S)
    hosts.answering.set()
    ends.wait_for(7)


def test_a_job_without_room_is_worked_on_again_later(
    make: Make, store: JobStore, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutoutd.jobs.store._SOONEST_MS", 1)
    tries: list[int] = []

    def perform(job: Job) -> Outcome:
        tries.append(job.attempt)
        if len(tries) == 1:
            raise Overloaded("There is no room to store the image.", retry_after_s=60)
        return succeeded()

    submit(store, make(perform))
    (final,) = ends.wait_for(1)
    assert (final.status, tries) == (JobStatus.SUCCEEDED, [1, 2])


def test_an_orphan_is_found_although_looking_failed_at_first(
    make: Make, store: JobStore, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, broken = ProcrastinateDispatcher.find_orphans, [True]

    def look_again(self: ProcrastinateDispatcher, *, created_before: int) -> list[int]:
        if broken.pop() if broken else False:
            raise ZeroDivisionError
        return look(self, created_before=created_before)

    monkeypatch.setattr(ProcrastinateDispatcher, "find_orphans", look_again)
    job = store.insert(a_submission())
    make(do_at_once)
    assert ends.wait_for(1)[0].id == job.id
