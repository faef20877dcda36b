"""The scaled deployment on this machine: PostgreSQL, an S3 server, one web process, workers.

As `make scaled-demo` starts it, with PostgreSQL syncing what it commits and counting statements.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from benchmarks.scale import meters
from benchmarks.scale.object_store import COUNTS
from tests.chaos.processes import Process, Web
from tests.postgres import Cluster, cluster
from tests.running import free_port
from tests.storage.s3_server import CREDENTIALS, new_bucket

OPTIONS = ("max_connections=400", "shared_preload_libraries=pg_stat_statements")
START_S = 600.0
"""Long, because other work on the machine may have the right of way."""


@dataclass(frozen=True)
class Deployment:
    """What runs, and how to look at it."""

    server: Cluster
    database: str
    """The URL of its database."""
    store: str
    """The address of the object store."""
    store_pid: int
    web: Web
    workers: list[Process]
    _start_worker: Callable[[int], Process]

    def add_worker(self) -> None:
        """Start one more, and wait until it looks at both of its queues."""
        self.workers.append(self._start_worker(len(self.workers)))
        _wait_for_workers(self.database, len(self.workers))

    def read(self) -> Counter[str]:
        """Used so far: microseconds of CPU by whom, and what the database and the store count."""
        counts: Counter[str] = Counter(httpx.get(self.store + COUNTS).json())
        counts = Counter({f"store_{name}": count for name, count in counts.items()})
        counts |= meters.database_counts(self.database)
        pids = {"web": [self.web.pid], "worker": [one.pid for one in self.workers]}
        pids |= {"database": [self.server.pid], "store": [self.store_pid]}
        for name, several in pids.items():
            counts[f"{name}_cpu_us"] = round(1e6 * sum(map(meters.cpu_s, several)))
        counts["wall_us"] = time.monotonic_ns() // 1000
        return counts


@contextmanager
def deployed(*, workers: int, module: str = "cutoutd", **settings: str) -> Iterator[Deployment]:
    """All of it, in a temporary folder. module: see `Process`; for the workers."""
    with ExitStack() as opened:
        name = opened.enter_context(tempfile.TemporaryDirectory(prefix="cutoutd-scale-"))
        server = opened.enter_context(cluster(durable=True, options=OPTIONS))
        store, store_pid = opened.enter_context(_object_store())
        folder, database = Path(name), counted_database(server)
        os.environ.update(CREDENTIALS)
        everywhere = {
            "database_url": database,
            "storage_url": f"s3://{new_bucket(store)}/scale",
            "storage_endpoint": store,
            "log_level": "warning",
            **settings,
        }
        web = Web(folder, data_dir=str(folder / "web"), **everywhere)
        opened.callback(web.stop)
        web.wait_until_ready(START_S)

        def start_worker(number: int) -> Process:
            place, label = str(folder / f"worker-{number}"), f"worker-{number}"
            worker = Process("worker", folder, label, module=module, data_dir=place, **everywhere)
            opened.callback(worker.stop)
            return worker

        it = Deployment(server, database, store, store_pid, web, [], start_worker)
        for _ in range(workers):
            it.add_worker()
        yield it


def counted_database(server: Cluster) -> str:
    """The URL of a new database whose statements are counted."""
    database = server.create()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    return database


def _wait_for_workers(database: str, processes: int) -> None:
    """Each worker process registers once for each of its two queues when it is up."""
    deadline = time.monotonic() + START_S
    with psycopg.connect(database, autocommit=True) as connection:
        while True:
            row = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
            if row is not None and row[0] >= 2 * processes:
                return
            if time.monotonic() > deadline:
                raise TimeoutError("the workers did not start")
            time.sleep(0.1)


@contextmanager
def _object_store() -> Iterator[tuple[str, int]]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "benchmarks.scale.object_store", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                httpx.get(address + COUNTS)
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                break
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)
