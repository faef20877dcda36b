"""What grows with the number of jobs: admission, estimates, fetches, maintenance, the census.

Rows are made by generate_series. Counted is the CPU of PostgreSQL for one statement or
transaction, repeated until there is enough of it to be counted well.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from benchmarks.scale import meters
from benchmarks.scale.deployment import OPTIONS, counted_database
from tests.jobs.samples import a_submission, render_webhook
from tests.postgres import Cluster, cluster

from cutoutd.jobs.census import take_census
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.model import Job, JobStatus, Outcome, now_ms
from cutoutd.jobs.procrastinate import ProcrastinateDispatcher
from cutoutd.jobs.store import JobStore

ENOUGH_S = 0.3
MOST_TIMES = 300
SYNCS = 50
_JOBS = """
INSERT INTO jobs (client, dialect, command, model, work, artifact_keys, echo, link_base, status,
                  attempt, crashes, priority, turn, created_at, keep_ms, fetches)
SELECT 'client-' || n % 100, dialect, command, model, work, artifact_keys, echo, link_base,
       '{status}', 0, 0, 0, n, created_at, keep_ms, false
FROM jobs, generate_series(1, {count}) AS n WHERE id = {like}
"""
_TICKETS = """
ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER;
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
SELECT 'cutoutd', 'perform', -least(turn, 9999999)::int, 'job-' || id,
       jsonb_build_object('job_id', id)
FROM jobs WHERE id > {like} AND status = 'queued';
ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER;
"""
_FETCH = "SELECT * FROM procrastinate_fetch_job_v2(ARRAY['cutoutd'], NULL)"


@dataclass(frozen=True)
class Queue:
    """A database with the tables, and what works on it."""

    server: Cluster
    url: str
    database: Database
    store: JobStore
    dispatcher: ProcrastinateDispatcher

    def insert(self) -> Job:
        """Accept a job as a web process does."""
        return self.store.insert(a_submission(), enlist=self.dispatcher.enlist)

    def waiting(self) -> int:
        """Jobs that wait now."""
        return take_census(self.database, ended=False).jobs[JobStatus.QUEUED]

    def fill(self, count: int, *, status: str = "queued") -> None:
        """So many jobs more, each with its ticket if it waits."""
        if count < 1:
            return
        like = self.insert().id
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_JOBS.format(status=status, count=count, like=like).encode())
            if status == "queued":
                connection.execute(_TICKETS.format(like=like).encode())
            connection.execute("VACUUM ANALYZE")


@contextmanager
def queue() -> Iterator[Queue]:
    """An empty one."""
    with (
        tempfile.TemporaryDirectory(prefix="cutoutd-scale-") as folder,
        cluster(durable=True, options=OPTIONS) as server,
    ):
        url = counted_database(server)
        database = open_database(url, Path(folder))
        store = JobStore(database, render_webhook=render_webhook)
        dispatcher = ProcrastinateDispatcher(database, store, _nothing, workers=0)
        dispatcher.start()
        try:
            yield Queue(server, url, database, store, dispatcher)
        finally:
            dispatcher.stop(0)
            database.close()


def measure_growth(sizes: Sequence[int]) -> dict[str, dict[str, float]]:
    """Milliseconds of PostgreSQL's CPU by number of rows. sizes: rows, growing."""
    found: dict[str, dict[str, float]] = {}
    with queue() as it:
        there = 0
        for size in sizes:
            if size > there:
                it.fill(size - there)
                there = size
            for name, action in _watched(it).items():
                found.setdefault(name, {})[str(size)] = _cost(it.server, action)
    return found


def measure_sync() -> float:
    """Seconds that a commit waits for the disk: the median of a synced one less an unsynced one."""
    spent: dict[str, list[float]] = {"on": [], "off": []}
    with queue() as it, psycopg.connect(it.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE written (at int)")
        for number in range(2 * SYNCS):
            kind = ("on", "off")[number % 2]
            connection.execute(f"SET synchronous_commit = {kind}".encode())
            began = time.perf_counter()
            connection.execute("INSERT INTO written VALUES (1)")
            spent[kind].append(time.perf_counter() - began)
    return max(0.0, statistics.median(spent["on"]) - statistics.median(spent["off"]))


def _watched(it: Queue) -> dict[str, Callable[[], object]]:
    estimator = Estimator(it.database, slots=lambda: 4)
    last = it.insert()
    fetching = psycopg.connect(it.url, autocommit=True)
    return {
        "admission": it.insert,
        "fetch": lambda: fetching.execute(_FETCH),
        "estimate": lambda: estimator.estimate(last),
        "census": lambda: take_census(it.database, ended=False),
        "maintenance": lambda: it.dispatcher.find_orphans(created_before=now_ms()),
    }


def _cost(server: Cluster, action: Callable[[], object]) -> float:
    """Milliseconds of all the server's processes for one of these."""
    action()
    before, times = meters.cpu_s(server.pid), 0
    while True:
        action()
        times += 1
        spent = meters.cpu_s(server.pid) - before
        if spent > ENOUGH_S or times >= MOST_TIMES:
            return 1e3 * spent / times


def _nothing(job: Job) -> Outcome:
    raise AssertionError(job.id)  # Nobody works here.
