"""What one job costs, stage by stage: CPU of each part, transactions, log, requests, bytes.

CPU time is counted, not the clock, and each stage is repeated, so that a busy machine changes
little. The worker sleeps a millisecond instead of computing (`worker.py`): this is the job's path
alone; what an image costs is measured by `images.py`.
"""

import io
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import psycopg
from benchmarks.scale import meters
from benchmarks.scale.deployment import Deployment, deployed
from PIL import Image
from tests.jobs.receiver import receiver

from cutoutd.jobs.procrastinate import REST_S

UPLOAD_BYTES = 300_000
"""About a photo of two megapixels."""
IDLE_S = 15.0
END_S = 1200.0
NOBODYS, WORKERS = "nobody_listens", "procrastinate_queue_v1#cutoutd"
"""Channels: of nobody, and the one that the workers listen to."""

Stage = dict[str, float]


def upload(width: int = 1) -> bytes:
    """A PNG so many pixels wide, with as many bytes behind it as a photo has."""
    file = io.BytesIO()
    Image.new("L", (width, 1)).save(file, "PNG")
    return file.getvalue().ljust(UPLOAD_BYTES, b"\0")


def measure_scaled(jobs: int) -> dict[str, Any]:
    """Every stage of the scaled deployment, and how many connections its processes keep."""
    with (
        deployed(workers=0, module="benchmarks.scale.worker", max_waiting="100000") as it,
        httpx.Client(base_url=it.web.base, timeout=600) as http,
    ):
        image = upload()
        first = _submit(http, image)  # The first of each is dearer: imports, caches, plans.
        _ask(http, first)
        idle_web = _idle(it)
        submit = _span(it, jobs, idle_web, lambda: _submit(http, image))
        ids: list[int] = []
        by_url = _span(it, jobs, idle_web, lambda: ids.append(_submit_url(http)))
        for job in ids:
            http.delete(f"/v1/jobs/{job}").raise_for_status()
        poll_waiting = _span(it, jobs, idle_web, lambda: _ask(http, first + 1))
        it.add_worker()
        _wait_for_ends(it)
        idle = _idle(it)
        told, woken = (
            _span(it, 1, idle, partial(_notify, it, name, jobs)) for name in (NOBODYS, WORKERS)
        )
        poll_ended = _span(it, jobs, idle, lambda: _ask(http, first))
        each = _over(_span(it, 1, idle, lambda: _run(it, http, image, jobs)), jobs)
        with receiver() as hook:
            called = _span(it, 1, idle, lambda: _run(it, http, image, jobs, hook.url))
        kept = _at_rest(it)
    return {
        "scaled": {
            "submit": _of("web", submit),
            "submit_by_url": _of("web", by_url),
            "poll_waiting": _of("web", poll_waiting),
            "work": _of("worker", _less(each, submit)),
            "poll_ended": _of("web", poll_ended),
            "webhook": _of("web+worker", _less(_over(called, jobs), each)),
            "missed_fetch": _of("worker", _over(_less(woken, told), jobs)),
            "idle_web": _of("web", idle_web),
            "idle_worker": _of("worker", _less(idle, idle_web)),
        },
        "connections": kept,
    }


def count_connections(jobs: int) -> dict[str, int]:
    """What a web process and a worker keep once they have been busy: any load will do."""
    with (
        deployed(workers=1, module="benchmarks.scale.worker", max_waiting="100000") as it,
        httpx.Client(base_url=it.web.base, timeout=600) as http,
        receiver() as hook,
    ):
        _run(it, http, upload(), jobs, hook.url)
        return _at_rest(it)


def _at_rest(it: Deployment) -> dict[str, int]:
    """Connections to the database that each process keeps; the last worker is stopped."""
    time.sleep(3 * REST_S)  # A pool looks for idle ones that often.
    both = meters.connections(it.database)
    it.workers.pop().stop()
    alone = meters.connections(it.database)
    return {"web": alone, "worker": both - alone}


def _submit(http: httpx.Client, image: bytes, webhook: str | None = None) -> int:
    data = {"webhook": webhook} if webhook else {}
    answer = http.post("/v1/jobs", files={"image": ("photo.png", image)}, data=data)
    return int(answer.raise_for_status().json()["id"])


def _submit_url(http: httpx.Client) -> int:
    """Of an image that is somewhere else; nobody fetches it here."""
    answer = http.post("/v1/jobs", json={"image": "http://127.0.0.1:8080/photo.png"})
    return int(answer.raise_for_status().json()["id"])


def _ask(http: httpx.Client, job: int) -> None:
    http.get(f"/v1/jobs/{job}").raise_for_status()


def _run(
    it: Deployment, http: httpx.Client, image: bytes, jobs: int, webhook: str | None = None
) -> None:
    for _ in range(jobs):
        _submit(http, image, webhook)
    _wait_for_ends(it)


def _wait_for_ends(it: Deployment) -> None:
    """Until no job is unfinished and no webhook owed."""
    query = """SELECT (SELECT count(*) FROM jobs WHERE status IN ('queued', 'running'))
                    + (SELECT count(*) FROM procrastinate_jobs)
                    + (SELECT count(*) FROM deliveries WHERE state = 'pending')"""
    deadline = time.monotonic() + END_S
    with psycopg.connect(it.database, autocommit=True) as connection:
        while connection.execute(query).fetchone() != (0,):
            if time.monotonic() > deadline:
                raise TimeoutError("the jobs did not end")
            time.sleep(1)
    time.sleep(0.5)


def _notify(it: Deployment, channel: str, times: int) -> None:
    """As a new job does, each time with enough time to look for it: another has taken it."""
    news = '{"type": "job_inserted", "job_id": 0}'
    with psycopg.connect(it.database, autocommit=True) as connection:
        for _ in range(times):
            connection.execute("SELECT pg_notify(%s, %s)", [channel, news])
            time.sleep(0.05)


def _spend(it: Deployment, action: Callable[[], object]) -> Counter[str]:
    """What everything used while this was done."""
    before, own = it.read(), time.process_time_ns()
    action()
    caller = (time.process_time_ns() - own) // 1000
    spent = it.read()
    spent.subtract(before)
    spent["caller_cpu_us"] = caller
    return spent


def _idle(it: Deployment) -> Stage:
    """What a second costs while nobody asks for anything."""
    time.sleep(2)
    return _over(_row(_spend(it, lambda: time.sleep(IDLE_S))), IDLE_S)


def _span(it: Deployment, times: int, idle: Stage, action: Callable[[], object]) -> Stage:
    """One of so many repetitions, less what would have been used meanwhile anyway."""

    def all_of_them() -> None:
        for _ in range(times):
            action()

    spent = _spend(it, all_of_them)
    seconds = spent["wall_us"] / 1e6
    whole = {name: value - idle[name] * seconds for name, value in _row(spent).items()}
    return _over(whole, times)


def _row(spent: Counter[str]) -> Stage:
    """Counters as the record has them. A store's `POST` deletes several."""
    parts = ("web", "worker", "database", "store", "caller")
    row = {f"{part}_cpu_ms": spent[f"{part}_cpu_us"] / 1e3 for part in parts}
    names: tuple[str, ...] = ("commits", "statements", "wal_bytes")
    names += tuple(f"store_{name}" for name in ("put", "get", "bytes_in", "bytes_out"))
    row |= {name: float(spent[name]) for name in names}
    return row | {"store_delete": float(spent["store_delete"] + spent["store_post"])}


def _of(whose: str, stage: Stage) -> Stage:
    """With `own_cpu_ms`: of the processes that do it."""
    return stage | {"own_cpu_ms": sum(stage[f"{one}_cpu_ms"] for one in whose.split("+"))}


def _over(stage: Stage, count: float) -> Stage:
    return {name: value / count for name, value in stage.items()}


def _less(stage: Stage, other: Stage) -> Stage:
    return {name: value - other[name] for name, value in stage.items()}
