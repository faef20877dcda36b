"""What the simulation says of 10, 100 and 1,000 workers, as shipped and with each change.

Measured costs, simulated machines: what has been measured on no machine is said in `assumed`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.scale.simulation.costs import Costs
from benchmarks.scale.simulation.design import Design
from benchmarks.scale.simulation.run import Seen, percentile, poisson, simulate

WORKERS = (10, 100, 1000)
CORES = 4
"""Of a worker; as many images at a time."""
LOAD = 0.6
"""Of what the workers can compute."""
WEB_LOAD = 0.5
"""Of a web process's core."""
DATABASE_CORES = 16
CONNECTIONS = 100
"""PostgreSQL's own default for `max_connections`."""
FULL = 0.98
"""A part that is asked for more does not keep up."""
DAY_S = 86_400
WINDOW_S, WARM_S = 8.0, 4.0
"""Seconds simulated, and of them those until everything is as busy as it stays."""
LEAST_JOBS = 1000
POLLS = 2.0
"""Looks of a caller at a job, about: the work takes one or two intervals."""
MODELS = Path(__file__).parents[1] / "results" / "models.json"

CHANGES: Mapping[str, Mapping[str, Any]] = {
    "a new job wakes one worker, told outside of its transaction": {
        "notify_in_commit": False,
        "wake_one": True,
    },
    "a partition of the queue for every 50 workers": {"partitions": 50},
    "2 read replicas for callers who look": {"replicas": 2},
    "one look for 20 jobs": {"polls_together": 20},
    "callers store images themselves": {"direct_uploads": True},
    "4 databases, each with a share of clients and workers": {"databases": 4},
}
"""In the order in which they are needed; each on top of those before it."""


def look_ahead(costs: Costs) -> list[dict[str, Any]]:
    """A row for each number of workers and change."""
    rows = []
    service_s = core_seconds("u2net", 2)
    for workers in WORKERS:
        per_second = LOAD * workers * CORES / service_s
        design = Design(
            worker_processes=workers,
            slots=CORES,
            web_processes=web_processes(costs, per_second),
            database_cores=DATABASE_CORES,
        )
        for name, change in {"as shipped": {}, **CHANGES}.items():
            design = changed(design, change)
            seen = run(design, costs, per_second, service_s)
            rows.append({"change": name, **described(design, costs, seen, per_second)})
            print(workers, name, rows[-1]["shares"], rows[-1]["p95_s"], flush=True)
    return rows


def changed(design: Design, change: Mapping[str, Any]) -> Design:
    """The design with a change; `partitions` says how many workers share one."""
    if "partitions" in change:
        each = change["partitions"]
        return replace(design, partitions=max(1, design.worker_processes // each))
    if "databases" in change:
        return replace(design, **change, partitions=max(design.partitions, change["databases"]))
    return replace(design, **change)


def run(design: Design, costs: Costs, per_second: float, service_s: float) -> Seen:
    """Some seconds of it."""
    jobs = max(LEAST_JOBS, round(per_second * WINDOW_S))
    arrivals = poisson(jobs, per_second=per_second, service_s=[service_s], seed=1)
    return simulate(design, costs, arrivals, warm_s=WARM_S, drain=False)


def described(design: Design, costs: Costs, seen: Seen, per_second: float) -> dict[str, Any]:
    """A run as a row of the record. `shares`: what is asked of each part, beside what there is."""
    web, workers = design.web_processes, design.worker_processes
    connections = web * costs.connections_web + workers * costs.connections_worker
    shares = {
        "the database's cores": seen.database_cores / (design.database_cores * design.databases),
        "commits that notify": seen.notifying,
        "web processes": seen.web,
    }
    keeps_up = max(shares.values()) < FULL and seen.ended > 0
    return {
        "workers": workers,
        "web_processes": web,
        "images_a_day": per_second * DAY_S,
        "p50_s": percentile(seen.turnarounds, 0.50) if keeps_up else None,
        "p95_s": percentile(seen.turnarounds, 0.95) if keeps_up else None,
        "database_cores": seen.database_cores,
        "notifying": seen.notifying,
        "web": seen.web,
        "missed_fetches_per_s": seen.missed_fetches,
        "connections": connections,
        "shares": {"connections": connections / CONNECTIONS, **shares},
        "keeps_up": keeps_up,
    }


def web_processes(costs: Costs, per_second: float) -> int:
    """As many as the callers' requests need."""
    each = costs.submit.own_s + POLLS * costs.poll_waiting.own_s
    return max(1, math.ceil(per_second * each / WEB_LOAD))


def core_seconds(model: str, megapixels: int) -> float:
    """What an image costs a worker: cores over images a second, where several callers ask."""
    record = json.loads(MODELS.read_text())["throughput"]
    rates = [
        row["ours"]
        for row in record["rows"]
        if row["model"] == model and row["MP"] == megapixels and "ours" in row
    ]
    return float(record["cores"]) / float(max(rates))


def assumed() -> dict[str, Any]:
    """What no measurement says."""
    design = asdict(Design(worker_processes=1))
    names = ("sync_s", "round_trip_s", "store_s", "poll_s", "census_every_s")
    return {
        "worker_cores": CORES,
        "load_of_workers": LOAD,
        "load_of_web_processes": WEB_LOAD,
        "database_cores": DATABASE_CORES,
        "service_s": core_seconds("u2net", 2),
        **{name: design[name] for name in names},
    }
