"""What one job is made of, in the order of its path: CPU, statements, transactions, syncs.

    PYTHONPATH=src:. python benchmarks/job_parts.py [--rounds 300] [--folder a folder on the disk]

The job of `benchmarks/jobs.py answer`, with a URL source and with an upload. CPU is that of the
thread that does the part, the lower quartile of all rounds: a busy machine changes it less than
the clock, but it does.
The work itself (`remove`) is left out.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.jobs import opened
from sqlalchemy import Engine, event

from cutoutd.jobs.store import JobStore
from cutoutd.removal.inprocess import InProcessRemover
from cutoutd.service.files import Files
from cutoutd.service.handler import Handler
from cutoutd.service.service import Service
from cutoutd.service.threads import StoreThreads
from cutoutd.service.waiting import Waiting

WORK = "the work"
PARTS: dict[str, tuple[type, str]] = {
    "the upload is kept": (Files, "_keep"),
    "the job is accepted": (Service, "_insert"),
    "a worker takes it, and looks for the next": (JobStore, "claim"),
    "its image is obtained": (Handler, "_obtain"),
    WORK: (InProcessRemover, "remove"),
    "it is still the worker's": (Handler, "_refuse_unwanted"),
    "the cutout is stored": (Handler, "_keep"),
    "the end is recorded": (JobStore, "finish"),
}
REST = "hand-overs between threads"
COLUMNS = ("statements", "transactions", "syncs", "hand-overs")


class Tally:
    """Counts what happens in each part, in whichever thread."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._now = threading.local()

    def clear(self) -> None:
        """Begin with the next job."""
        self.cpu.clear()
        self.counts.clear()

    def count(self, what: str) -> None:
        """It happened in the part that this thread does now."""
        self.counts[getattr(self._now, "part", REST)][what] += 1

    def executed(self, sql: str) -> None:
        """As SQLite tells it."""
        word = sql.split(maxsplit=1)[0]
        if word != "BEGIN":
            self.count("transactions" if word in ("COMMIT", "ROLLBACK") else "statements")

    def watch(self) -> None:
        """Count from now on."""
        event.listen(Engine, "connect", lambda raw, _: raw.set_trace_callback(self.executed))
        for owner, name in ((os, "fsync"), (os, "fdatasync")):
            self._replace(owner, name, lambda do: self._counted(do, "syncs"))
        for owner, name in ((StoreThreads, "call"), (Waiting, "_announce")):
            self._replace(owner, name, lambda do: self._counted(do, "hand-overs"))
        for part, (owner, name) in PARTS.items():
            self._replace(owner, name, lambda do, part=part: self._timed(do, part))

    def _replace(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        setattr(owner, name, wrap(getattr(owner, name)))

    def _counted(self, do: Callable[..., Any], what: str) -> Callable[..., Any]:
        def counted(*args: Any, **more: Any) -> Any:
            self.count(what)
            return do(*args, **more)

        return counted

    def _timed(self, do: Callable[..., Any], part: str) -> Callable[..., Any]:
        def timed(*args: Any, **more: Any) -> Any:
            with self._in(part):
                return do(*args, **more)

        return timed

    @contextmanager
    def _in(self, part: str) -> Iterator[None]:
        began, self._now.part = time.thread_time(), part
        try:
            yield
        finally:
            self._now.part = REST
            self.cpu[part] += 1e6 * (time.thread_time() - began)


def measure(
    folder: Path, rounds: int
) -> dict[str, tuple[dict[str, float], dict[str, Counter[str]]]]:
    """For each path the CPU of its parts, in microseconds, and what was counted in them."""
    tally = Tally()
    tally.watch()
    spent: dict[str, list[dict[str, float]]] = {"URL": [], "upload": []}
    counts: dict[str, dict[str, Counter[str]]] = {}

    async def run() -> None:
        for _ in range(rounds):
            for path, step in (("URL", place.url), ("upload", place.upload)):
                tally.clear()
                busy = time.process_time()
                await step()
                await asyncio.sleep(0.005)  # The worker records the end, and looks for more.
                busy = 1e6 * (time.process_time() - busy)
                cpu = dict(tally.cpu)
                counts[path] = {part: Counter(found) for part, found in tally.counts.items()}
                spent[path].append({**cpu, REST: busy - sum(cpu.values())})

    with opened(folder) as place:
        asyncio.run(run())
    return {path: (_quartiles(every), counts[path]) for path, every in spent.items()}


def _quartiles(every: list[dict[str, float]]) -> dict[str, float]:
    parts = [*PARTS, REST]
    cpu = {part: [one.get(part, 0.0) for one in every] for part in parts}
    return {part: statistics.quantiles(times, n=4)[0] for part, times in cpu.items()}


def table(measured: dict[str, tuple[dict[str, float], dict[str, Counter[str]]]]) -> str:
    """As Markdown; `a / b` is with a URL and with an upload, where they differ."""
    titles = ["", "CPU, µs: URL", "upload", *COLUMNS]
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    parts = [part for part in (*PARTS, REST) if part != WORK]
    (url, url_counts), (upload, upload_counts) = measured["URL"], measured["upload"]
    for part in parts:
        pairs = [
            (url_counts.get(part, {}).get(c, 0), upload_counts.get(part, {}).get(c, 0))
            for c in COLUMNS
        ]
        lines.append(_line(part, url[part], upload[part], pairs))
    sums = [
        tuple(
            sum(found.get(p, {}).get(c, 0) for p in parts) for found in (url_counts, upload_counts)
        )
        for c in COLUMNS
    ]
    lines.append(_line("together", sum(url[p] for p in parts), sum(upload[p] for p in parts), sums))
    return "\n".join(lines)


def _line(part: str, url: float, upload: float, pairs: list[Any]) -> str:
    cells = [part, f"{url:.0f}", f"{upload:.0f}"]
    cells += [str(a) if a == b else f"{a} / {b}" for a, b in pairs]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        sys.stdout.write(table(measure(Path(name), asked.rounds)) + "\n")


if __name__ == "__main__":
    main()
