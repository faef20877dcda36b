"""The two plays: one process that is killed, and two workers beside a database that is.

Each submits jobs while processes die at random moments of a seeded schedule, waits for the end
of everything, and then counts what must be none.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.processes import Process, Web
from tests.chaos.witness import Caller, FlakyReceiver, FolderWatch, is_whole_png
from tests.jobs.receiver import receiver
from tests.postgres import Cluster

END_PATIENCE_S = 150.0


@dataclass
class Report:
    """What was seen; the lists must be empty."""

    play: str
    jobs: int
    kills: int = 0
    database_stops: int = 0
    seconds: float = 0.0
    webhook_attempts: int = 0
    file_reads: int = 0
    lost: list[str] = field(default_factory=list)
    two_outcomes: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    not_delivered: list[str] = field(default_factory=list)
    unstable_ids: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        wrong = self.lost, self.two_outcomes, self.torn, self.not_delivered, self.unstable_ids
        return not any(wrong)


def embedded(folder: Path, *, jobs: int, kills: int, seed: int) -> Report:
    """One `cutoutd serve` with SQLite and local files, killed again and again."""
    report = Report("embedded", jobs)
    luck = random.Random(seed)
    web = Web(folder, data_dir=str(folder / "data"))
    with _observed(report, folder / "data", web) as (caller, ids):
        submitting = _submitting(caller, ids, jobs)
        for _ in range(kills):
            time.sleep(luck.uniform(0.3, 2.0) if luck.random() < 0.3 else luck.uniform(2.0, 6.0))
            web.kill()
        submitting.join()
        _await_ends(caller, ids)
    report.kills = web.kills
    web.stop()
    return report


def scaled(
    folder: Path, cluster: Cluster, *, jobs: int, kills: int, stops: int, seed: int
) -> Report:
    """A web process and two workers on PostgreSQL; the workers and the database die."""
    report = Report("scaled", jobs)
    luck = random.Random(seed)
    settings = {"database_url": cluster.create(), "data_dir": str(folder / "data")}
    web = Web(folder, **settings)
    web.wait_until_ready()
    workers = [Process("worker", folder, f"worker-{n}", **settings) for n in (1, 2)]
    stop_before = set(luck.sample(range(1, kills), stops)) if kills > stops else set()
    with _observed(report, folder / "data", web) as (caller, ids):
        submitting = _submitting(caller, ids, jobs)
        for number in range(kills):
            time.sleep(luck.uniform(0.5, 4.0))
            if number in stop_before:
                cluster.stop("immediate")
                time.sleep(luck.uniform(0.2, 2.0))
                cluster.start()
                report.database_stops += 1
            luck.choice(workers).kill()
        submitting.join()
        _await_ends(caller, ids)
    report.kills = sum(worker.kills for worker in workers)
    for process in (*workers, web):
        process.stop()
    return report


@contextmanager
def _observed(report: Report, data: Path, web: Web) -> Iterator[tuple[Caller, dict[int, int]]]:
    """Receive and watch during the play, and examine at its end."""
    began = time.monotonic()
    ids: dict[int, int] = {}
    flaky = FlakyReceiver()
    with receiver(flaky.decide) as it, Caller.at(web.base, webhook=it.url) as caller:
        watch = FolderWatch(data / "artifacts")
        try:
            yield caller, ids
            _await_webhooks(flaky, ids)
        finally:
            watch.stop()
        report.webhook_attempts = len(it.received)
        report.torn += watch.torn
        report.file_reads = watch.reads
        _examine(report, caller, ids, flaky)
    report.seconds = round(time.monotonic() - began, 1)


def _submitting(caller: Caller, ids: dict[int, int], jobs: int) -> threading.Thread:
    def submit() -> None:
        for number in range(jobs):
            ids[number] = caller.submit(number)
            time.sleep(0.05)

    thread = threading.Thread(target=submit)
    thread.start()
    return thread


def _await_ends(caller: Caller, ids: dict[int, int]) -> None:
    deadline = time.monotonic() + END_PATIENCE_S
    waiting = set(ids.values())
    while waiting and time.monotonic() < deadline:
        waiting = {one for one in waiting if caller.job(one)["finished_at"] is None}
        time.sleep(0.2)


def _await_webhooks(flaky: FlakyReceiver, ids: dict[int, int]) -> None:
    deadline = time.monotonic() + END_PATIENCE_S
    while set(ids.values()) - set(flaky.accepted) and time.monotonic() < deadline:
        time.sleep(0.2)


def _examine(report: Report, caller: Caller, ids: dict[int, int], flaky: FlakyReceiver) -> None:
    if len(ids) != report.jobs or len(set(ids.values())) != report.jobs:
        report.lost.append(f"{report.jobs} were submitted, {len(set(ids.values()))} accepted")
    for job_id in ids.values():
        job = caller.job(job_id)
        if job["status"] != "succeeded":
            report.lost.append(f"job {job_id} is {job['status']}: {job['failure']}")
            continue
        told = flaky.accepted[job_id]
        if any(body["finished_at"] != job["finished_at"] for body in told):
            report.two_outcomes.append(f"job {job_id}")
        if not told:
            report.not_delivered.append(f"job {job_id}")
        if len(flaky.ids[job_id]) > 1:
            report.unstable_ids.append(f"job {job_id}: {sorted(flaky.ids[job_id])}")
        if not is_whole_png(caller.file(job["images"][0]["url"])):
            report.torn.append(f"job {job_id}")
