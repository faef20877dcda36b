"""How many jobs a second go through PostgreSQL when the work itself is nothing.

Each worker is a process with one fetch loop, each submitter a process that accepts job after job;
all of them on this machine, which they share with PostgreSQL. The CPU for a job is told beside the
rate: rates fall on a busy machine, CPU hardly changes.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import psycopg
from benchmarks.scale import meters
from benchmarks.scale.growth import Queue, queue
from tests.jobs.samples import a_submission, render_webhook

from cutoutd.jobs.database import open_database
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.procrastinate import ProcrastinateDispatcher
from cutoutd.jobs.store import JobStore

SECONDS = 8.0
START_S = 600.0
AT_HAND = 4000
"""Jobs in the shortest queue, so that it does not run dry meanwhile."""
NOTIFY = "procrastinate_jobs_notify_queue_job_inserted_v1"
"""The trigger that tells workers of a new ticket."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])  # Or each would import everything anew.


def measure_ceiling(workers: Sequence[int], queued: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of `workers`, `queued`, and what came of them."""
    rows = []
    for waiting in queued:
        with queue() as it:
            for count in workers:
                it.fill(max(waiting, AT_HAND) - it.waiting())
                rows.append({"workers": count, "queued": waiting, **_rate(it, _work, count, ENDED)})
                print(rows[-1], flush=True)
    return rows


def measure_acceptance(submitters: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of `submitters` and `notifies`: jobs accepted a second, with the trigger and without."""
    rows = []
    for notifies in (True, False):
        for count in submitters:
            with queue() as it:
                if not notifies:
                    _without_notifications(it)
                found = _rate(it, _submit, count, ACCEPTED)
                rows.append({"submitters": count, "notifies": notifies, **found})
                print(rows[-1], flush=True)
    return rows


ENDED = "SELECT count(*) FROM jobs WHERE status = 'succeeded'"
ACCEPTED = "SELECT count(*) FROM jobs"


def _rate(
    it: Queue, action: Callable[[str, Event, Event], None], count: int, counting: str
) -> dict[str, float]:
    """Jobs a second, and milliseconds of CPU for each, once all processes are at it."""
    with _at_work(it.url, action, count) as pids, psycopg.connect(it.url, autocommit=True) as own:
        time.sleep(1)
        began, before = time.monotonic(), _spent(it, pids)
        first = own.execute(counting.encode()).fetchone()
        time.sleep(SECONDS)
        last = own.execute(counting.encode()).fetchone()
        spent, seconds = _spent(it, pids), time.monotonic() - began
    assert first is not None
    assert last is not None
    jobs = max(1, last[0] - first[0])
    used = {name: spent[name] - before[name] for name in spent}
    return {
        "jobs_per_s": jobs / seconds,
        "database_cpu_ms": 1e3 * used["database_s"] / jobs,
        "process_cpu_ms": 1e3 * used["processes_s"] / jobs,
        "commits": used["commits"] / jobs,
        "wal_bytes": used["wal_bytes"] / jobs,
    }


def _spent(it: Queue, pids: Sequence[int]) -> dict[str, float]:
    counts = meters.database_counts(it.url)
    return {
        "database_s": meters.cpu_s(it.server.pid),
        "processes_s": sum(map(meters.cpu_s, pids)),
        "commits": float(counts["commits"]),
        "wal_bytes": float(counts["wal_bytes"]),
    }


@contextmanager
def _at_work(
    url: str, action: Callable[[str, Event, Event], None], count: int
) -> Iterator[list[int]]:
    """The processes' ids, once each of them has begun."""
    stop, begun = _processes.Event(), [_processes.Event() for _ in range(count)]
    started = [_processes.Process(target=action, args=(url, one, stop)) for one in begun]
    for process in started:
        process.start()
    try:
        for one in begun:
            if not one.wait(START_S):
                raise TimeoutError("a process did not start")
        yield [process.pid for process in started if process.pid is not None]
    finally:
        stop.set()
        for process in started:
            process.join(30)
            process.kill()


def _work(url: str, begun: Event, stop: Event) -> None:
    """A worker with one place, whose work is nothing."""
    with _opened(url) as store:
        dispatcher = ProcrastinateDispatcher(store[0], store[1], _do_nothing, workers=1)
        dispatcher.start()
        begun.set()
        stop.wait()
        dispatcher.stop(1)


def _submit(url: str, begun: Event, stop: Event) -> None:
    """A web process's part of accepting, one job after the other."""
    with _opened(url) as store:
        dispatcher = ProcrastinateDispatcher(store[0], store[1], _do_nothing, workers=0)
        begun.set()
        while not stop.is_set():
            store[1].insert(a_submission(), enlist=dispatcher.enlist)


@contextmanager
def _opened(url: str) -> Iterator[tuple[Any, JobStore]]:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(url, Path(folder))
        yield database, JobStore(database, render_webhook=render_webhook)
        database.close()


def _do_nothing(job: Job) -> Outcome:
    del job
    return Outcome(status=JobStatus.SUCCEEDED)


def _without_notifications(it: Queue) -> None:
    with psycopg.connect(it.url, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {NOTIFY}".encode())
