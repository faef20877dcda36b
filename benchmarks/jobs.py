"""What the job path costs beside the work itself.

    python benchmarks/jobs.py answer     from upload to answer, beside a direct call of the pipeline
    python benchmarks/jobs.py queue      2,000 queued jobs beside 20, per job
    python benchmarks/jobs.py insert     accepting a job at 10,000 waiting ones beside none

SQLite and local files in `--folder` (its disk is what is measured; default: a temporary one), as
`cutoutd serve` opens them. Both sides of each ratio are interleaved in one process, so that a busy
machine slows both.
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from operator import sub
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import RemoveBackground, Source
from cutoutd.jobs.database import open_database
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import JobStatus, Outcome, Submission
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.removal.inprocess import InProcessRemover
from cutoutd.removal.model import ImagingLimits
from cutoutd.service.handler import Handler
from cutoutd.service.service import Service
from cutoutd.storage import open_artifact_store

COMMAND = RemoveBackground(sources=(Source(url="http://host/a.png"),))


class LeftHalf:
    """A network that costs nothing."""

    name = "left-half"
    provider = "analytic"
    sees = 1024

    def grid(self, _quality: object) -> None:
        """It wants the pixels."""

    def predict(self, _rgb: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        """The subject is in the left half."""
        probability = np.zeros((32, 32), dtype=np.float32)
        probability[:, :16] = 1
        return probability


class OneModel:
    """Lends it."""

    @contextmanager
    def get(self, _name: str | None) -> Iterator[LeftHalf]:
        """Whatever the name."""
        yield LeftHalf()

    def models(self) -> list[Any]:
        """None that need loading."""
        return []


def answer(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds from submission to answer, beside the same picture through the pipeline alone.

    Once for a source that is a URL, whose download costs nothing here, and once for an upload
    that is stored first. `sync_ms` is what the disk takes to sync a small file in the same run:
    the path waits for three syncs (the picture and its folder; the end); those of the accepted job
    and of its upload go on beside the work. `_cpu_ms` is the work of all threads, which a busy
    machine hardly changes.
    """
    with opened(folder) as place:
        return _answer(place, folder, rounds)


@dataclass(frozen=True)
class Place:
    """What `cutoutd serve` opens, with a network that costs nothing."""

    service: Service
    remover: InProcessRemover
    picture: bytes

    async def run(self, command: RemoveBackground) -> None:
        """From submission to answer."""
        asked = {"client": "ann", "dialect": "native", "link_base": "http://here"}
        job = await self.service.wait(await self.service.submit(command, **asked), 60)
        assert job.status is JobStatus.SUCCEEDED, job

    async def url(self) -> None:
        """A source whose download costs nothing."""
        await self.run(COMMAND)

    async def upload(self) -> None:
        """A source that is stored first."""
        source = await self.service.files.keep(self.picture, client="ann")
        await self.run(RemoveBackground(sources=(source,)))


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """One worker, SQLite and files; threads take turns as often as in `cutoutd serve`."""
    sys.setswitchinterval(0.001)
    picture = _small_jpeg()
    database = open_database("", folder)
    store = JobStore(database, render_webhook=lambda _: b"")
    artifacts = open_artifact_store("", folder)
    remover = InProcessRemover(sessions=OneModel(), limits=ImagingLimits())
    handler = Handler(store=store, artifacts=artifacts, fetch=lambda _: picture, remover=remover)
    dispatcher = EmbeddedDispatcher(
        store, handler.perform, workers=1, lock_file=folder / "lock", time_limit_s=60
    )
    service = Service(
        store=store,
        records=JobRecords(database),
        files=FileRecords(database),
        artifacts=artifacts,
        dispatcher=dispatcher,
        estimator=Estimator(database, slots=dispatcher.slots),
        limits=JobLimits(min_free_bytes=0),
    )
    dispatcher.start()
    yield Place(service, remover, picture)
    dispatcher.stop(5)
    service.close()
    database.close()


def _answer(place: Place, folder: Path, rounds: int) -> dict[str, float]:
    picture, remover = place.picture, place.remover
    # One thread that stays warm, as a worker's does: a new one would pay for its memory anew.
    alone = ThreadPoolExecutor(1)
    spent: dict[str, list[float]] = {"sync": [], "direct": [], "url": [], "upload": []}
    used: dict[str, list[float]] = {name: [] for name in spent}

    async def direct() -> None:
        await asyncio.get_running_loop().run_in_executor(alone, remover.remove, picture, COMMAND)

    async def sync() -> None:
        with (folder / "probe").open("wb") as probe:
            probe.write(picture)
            probe.flush()
            os.fsync(probe.fileno())

    async def measure() -> None:
        steps = {"sync": sync, "direct": direct, "url": place.url, "upload": place.upload}
        for _ in range(rounds):
            for name, step in steps.items():
                began, busy = time.perf_counter(), time.process_time()
                await step()
                spent[name].append(1000 * (time.perf_counter() - began))
                used[name].append(1000 * (time.process_time() - busy))
                await asyncio.sleep(0.005)  # Let the worker come to rest.

    asyncio.run(measure())
    alone.shutdown()
    return {
        **{f"{name}_ms": statistics.median(times) for name, times in spent.items()},
        **{f"{name}_cpu_ms": statistics.median(times) for name, times in used.items()},
        **{
            f"{name}_overhead_ms": statistics.median(map(sub, spent[name], spent["direct"]))
            for name in ("url", "upload")
        },
    }


def _small_jpeg() -> bytes:
    file = io.BytesIO()
    shades = np.tile(np.arange(64, dtype=np.uint8), (64, 1))
    Image.fromarray(shades).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def queue(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds for each job from the first submission to the last end, work costing nothing."""
    spent: dict[int, list[float]] = {20: [], 2000: []}
    for number in range(max(1, rounds // 100)):
        for count, times in spent.items():
            place = folder / f"{number}-{count}"
            place.mkdir()
            times.append(_drain(place, count))
    few, many = (statistics.median(spent[count]) for count in (20, 2000))
    return {"few_ms": few, "many_ms": many, "ratio": many / few}


def _drain(folder: Path, count: int) -> float:
    database = open_database("", folder)
    store = JobStore(database, render_webhook=lambda _: b"")
    left = threading.Semaphore(0)
    store.watch(lambda _: left.release())
    dispatcher = EmbeddedDispatcher(
        store,
        lambda _: Outcome(status=JobStatus.SUCCEEDED),
        workers=2,
        lock_file=folder / "lock",
        time_limit_s=60,
    )
    began = time.perf_counter()
    for number in range(count):
        store.insert(_submission(number), max_waiting=100_000)
    dispatcher.start()
    for _ in range(count):
        left.acquire()
    spent = time.perf_counter() - began
    dispatcher.stop(5)
    database.close()
    return 1000 * spent / count


def insert(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds to accept a job, with 10,000 waiting and with none."""
    stores = []
    for waiting in (0, 10_000):
        place = folder / str(waiting)
        place.mkdir()
        database = open_database("", place)
        stores.append(JobStore(database, render_webhook=lambda _: b""))
        for number in range(waiting):
            stores[-1].insert(_submission(number))
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for store, times in zip(stores, spent, strict=True):
            began = time.perf_counter()
            job = store.insert(_submission(number), max_waiting=100_000)
            times.append(time.perf_counter() - began)
            store.cancel(job.id)
    empty, full = (1000 * statistics.median(times) for times in spent)
    return {"empty_ms": empty, "full_ms": full, "ratio": full / empty}


def _submission(number: int) -> Submission:
    return Submission(
        client=f"client-{number % 7}",
        dialect="native",
        command=COMMAND,
        artifact_keys=(f"generations/{number}.png",),
        echo={},
        link_base="http://here",
    )


def main() -> None:
    """Run one measurement and print it as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measurement", choices=("answer", "queue", "insert"))
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        measured = {"answer": answer, "queue": queue, "insert": insert}[asked.measurement](
            Path(name), asked.rounds
        )
    json.dump({key: round(value, 3) for key, value in measured.items()}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
