"""Is the simulation right? The same callers, once for real and once simulated.

Real: the scaled deployment with one, two and three workers that sleep for known times
(`worker.py`). Simulated: the same arrivals and service times, as they really came about, with the
measured costs, everything on the cores of this machine. Compared: from acceptance to end, as the
jobs table says, and from a caller's first byte to the answer that the job has ended. Where others
use the cores, a probe says how much longer a second of CPU takes, and the simulation is told.
"""

import asyncio
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx
from benchmarks.scale.costs import upload
from benchmarks.scale.deployment import deployed
from benchmarks.scale.simulation.costs import Costs
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.run import Arrivals, percentile, poisson, simulate

WORKERS = (1, 2, 3)
SLOTS = 2
LOAD = 0.75
"""Of what the workers can do."""
POLL_S = 0.2
SERVICE_S = (0.55, 0.6, 0.6, 0.65, 0.7, 0.7, 0.8, 0.9, 1.1, 1.4, 1.9, 2.6)
"""Drawn from: most images are small, some are large."""
SEED = 20_261_129
PROBE_S = 0.003
"""As long as most of what a job asks of a core at one time."""


@dataclass(slots=True)
class Call:
    """One caller's job, as it really came about; times are seconds since the first."""

    at: float
    service_s: float
    latency_s: float = 0.0
    """Until the caller knew that it has ended."""
    turnaround_s: float = 0.0
    """From acceptance to the end."""


class Probe:
    """Computes for some milliseconds every second, and says how much longer that took."""

    def __init__(self) -> None:
        self._cpu_s = self._wall_s = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def slowdown(self) -> float:
        """Seconds for each second of CPU, at least 1."""
        return max(1.0, self._wall_s / self._cpu_s)

    def _run(self) -> None:
        while True:
            began, wall = time.thread_time(), time.perf_counter()
            while time.thread_time() - began < PROBE_S:
                pass
            self._cpu_s += time.thread_time() - began
            self._wall_s += time.perf_counter() - wall
            if self._done.wait(1.0):
                return


def measure_validation(
    costs: Costs, sync_s: float, *, seconds: float, stretch: float = 1.0
) -> list[dict[str, Any]]:
    """A row for each number of workers: percentiles measured and predicted, and both curves.

    stretch: makes all work so many times longer, for a machine that others work on.
    """
    service_s = [stretch * one for one in SERVICE_S]
    rows = []
    with deployed(workers=0, module="benchmarks.scale.worker", max_waiting="100000") as it:
        for workers in WORKERS:
            it.add_worker()
            per_second = LOAD * workers * SLOTS * len(service_s) / sum(service_s)
            jobs = round(per_second * seconds)
            wanted = poisson(jobs, per_second=per_second, service_s=service_s, seed=SEED + workers)
            design = _design(workers, sync_s, stretch * POLL_S)
            with Probe() as probe:
                calls = asyncio.run(_call_all(it.web.base, wanted, design.poll_s))
            row = _compare(costs.slowed(probe.slowdown), design, calls)
            rows.append({"workers": workers, "slowdown": probe.slowdown, **row})
            print(workers, probe.slowdown, rows[-1]["ends"], rows[-1]["answers"], flush=True)
    return rows


def _compare(costs: Costs, design: Design, calls: Sequence[Call]) -> dict[str, Any]:
    arrivals = sorted((call.at, call.service_s) for call in calls)
    seen = simulate(design, costs, arrivals)
    ends = [call.turnaround_s for call in calls], seen.turnarounds
    answers = [call.latency_s for call in calls], seen.latencies
    return {
        "jobs": len(calls),
        "ends": _pairs(*ends),
        "answers": _pairs(*answers),
        "elsewhere": _elsewhere(costs, design, arrivals),
        "measured_s": _curve(ends[0]),
        "predicted_s": _curve(ends[1]),
    }


def _pairs(measured: Sequence[float], predicted: Sequence[float]) -> dict[str, dict[str, float]]:
    """p50 and p95 of both, and by how much the prediction errs."""
    found = {}
    for name, share in (("p50", 0.50), ("p95", 0.95)):
        real, simulated = percentile(measured, share), percentile(predicted, share)
        error = simulated / real - 1
        found[name] = {"measured_s": real, "predicted_s": simulated, "error": error}
    return found


def _elsewhere(costs: Costs, design: Design, arrivals: Arrivals) -> list[float]:
    """The least and the most p95 of ten other draws: how much of it all is luck."""
    per_second = len(arrivals) / arrivals[-1][0]
    service_s = [service for _, service in arrivals]
    found = []
    for seed in range(10):
        drawn = poisson(len(arrivals), per_second=per_second, service_s=service_s, seed=seed)
        turnarounds = simulate(design, costs, drawn).turnarounds
        found.append(percentile(turnarounds, 0.95))
    return [min(found), max(found)]


def _curve(latencies: Sequence[float]) -> list[float]:
    """Percentiles 2, 4, … 98."""
    return [percentile(latencies, share / 100) for share in range(2, 100, 2)]


def _design(workers: int, sync_s: float, poll_s: float) -> Design:
    return Design(
        worker_processes=workers,
        slots=SLOTS,
        poll_s=poll_s,
        one_machine_cores=len(os.sched_getaffinity(0)),
        sync_s=sync_s,
        round_trip_s=0.0,
        census_every_s=0.0,
    )


async def _call_all(base: str, wanted: Arrivals, poll_s: float) -> list[Call]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=base, timeout=300, limits=limits) as http:
        await _call(http, Call(0, 0.001), time.monotonic(), poll_s)  # The first is dearer.
        began = time.monotonic()
        calls = [Call(at, service_s) for at, service_s in wanted]
        await asyncio.gather(*(_call(http, one, began, poll_s) for one in calls))
    return calls


async def _call(http: httpx.AsyncClient, call: Call, began: float, poll_s: float) -> None:
    """Wait for its time, submit, look until it has ended."""
    await asyncio.sleep(max(0.0, call.at - (time.monotonic() - began)))
    submitted = time.monotonic()
    call.at = submitted - began
    image = upload(max(1, round(1000 * call.service_s)))
    answer = await http.post("/v1/jobs", files={"image": ("photo.png", image)})
    job = answer.raise_for_status().json()["id"]
    while True:
        await asyncio.sleep(poll_s)
        found = (await http.get(f"/v1/jobs/{job}")).raise_for_status().json()
        if found["finished_at"] is not None:
            break
    call.latency_s = time.monotonic() - submitted
    assert found["status"] == "succeeded", found
    created, ended = (datetime.fromisoformat(found[f"{one}_at"]) for one in ("created", "finished"))
    call.turnaround_s = (ended - created).total_seconds()
