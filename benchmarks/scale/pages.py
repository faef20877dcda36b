"""The records of scale as the tables of docs/scale.md: `make generate` writes them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
STAGES = {
    "submit": "accept an upload",
    "submit_by_url": "accept an image by its URL",
    "poll_waiting": "a look at a job that waits",
    "work": "a worker's part, without the image",
    "poll_ended": "a look at a job that has ended",
    "webhook": "a webhook",
    "missed_fetch": "a worker woken for nothing",
    "idle_web": "a second of an idle web process",
    "idle_worker": "a second of an idle worker",
}
GROWING = {
    "admission": "accept a job",
    "fetch": "fetch a ticket",
    "estimate": "say when a job will be done",
    "census": "answer `/readyz` or `/metrics`",
    "maintenance": "look for jobs without a ticket",
}
Rows = Iterable[Sequence[str]]


def _from_record(name: str) -> Callable[[Callable[[Any], list[str]]], Callable[[], list[str]]]:
    """Gives a table its record; without one it says which command makes it."""

    def decorate(table: Callable[[Any], list[str]]) -> Callable[[], list[str]]:
        @wraps(table)
        def made() -> list[str]:
            place = RESULTS / f"scale-{name}.json"
            if not place.exists():
                return [f"Not measured yet: `python -m benchmarks.scale {name}`."]
            return table(json.loads(place.read_text()))

        return made

    return decorate


@_from_record("costs")
def scale_stages(record: Mapping[str, Any]) -> list[str]:
    """One job, stage by stage, in the scaled deployment."""
    titles = ["", "web or worker, ms", "PostgreSQL, ms", "commits", "statements", "log, kB"]
    titles += ["store: put, get, delete", "moved, kB"]
    rows = []
    for name, title in STAGES.items():
        row = record["scaled"][name]
        if name == "missed_fetch":  # Too little to be seen between two stages.
            row = row | {"database_cpu_ms": record["growth"]["fetch"]["0"]}
        requests = ", ".join(_count(row[f"store_{kind}"]) for kind in ("put", "get", "delete"))
        moved = (row["store_bytes_in"] + row["store_bytes_out"]) / 1e3
        cells = [_number(row["own_cpu_ms"]), _number(row["database_cpu_ms"])]
        cells += [_count(row["commits"]), _count(row["statements"])]
        rows.append([title, *cells, _number(row["wal_bytes"] / 1e3), requests, _count(moved)])
    return [*_table(titles, rows), "", _measured(record)]


@_from_record("costs")
def scale_embedded(record: Mapping[str, Any]) -> list[str]:
    """One job where one process does everything."""
    row = record["embedded"]
    cells = [_number(row["cpu_ms"]), _number(row["commits"]), _number(row["log_syncs"])]
    cells += [_number(row["file_syncs"]), _count(row["statements"])]
    cells += [_count(row["written_bytes"] / 1e3)]
    cells += [f"{row['bytes_in'] / 1e3:.0f} / {row['bytes_out'] / 1e3:.0f}"]
    titles = ["CPU, image included, ms", "commits", "syncs of the log", "syncs of files"]
    titles += ["statements", "written to the disk, kB", "image in / out, kB"]
    return _table(titles, [cells])


@_from_record("costs")
def scale_growth(record: Mapping[str, Any]) -> list[str]:
    """What grows with the number of jobs."""
    sizes = sorted(map(int, next(iter(record["growth"].values()))))
    rows = [
        [title, *(_number(record["growth"][name][str(size)]) for size in sizes)]
        for name, title in GROWING.items()
    ]
    return _table(["PostgreSQL's CPU, ms, at so many jobs", *(f"{one:,}" for one in sizes)], rows)


@_from_record("ceiling")
def scale_ceiling(record: Mapping[str, Any]) -> list[str]:
    """Jobs that end in a second, by workers and by the length of the queue."""
    found = {(row["workers"], row["queued"]): row for row in record["ends"]}
    workers = sorted({row["workers"] for row in record["ends"]})
    queued = sorted({row["queued"] for row in record["ends"]})
    titles = ["workers", *(f"{one:,} queued" if one else "few queued" for one in queued)]
    titles += ["PostgreSQL, ms a job", "worker, ms a job"]
    rows = []
    for count in workers:
        row = found[count, queued[0]]
        rates = [_number(found[count, waiting]["jobs_per_s"]) for waiting in queued]
        costs = [_number(row["database_cpu_ms"]), _number(row["process_cpu_ms"])]
        rows.append([str(count), *rates, *costs])
    return [*_table(titles, rows), "", _measured(record)]


@_from_record("ceiling")
def scale_acceptance(record: Mapping[str, Any]) -> list[str]:
    """Jobs accepted in a second, with a notification in the transaction and without."""
    found = {(row["submitters"], row["notifies"]): row for row in record["acceptance"]}
    counts = sorted({row["submitters"] for row in record["acceptance"]})
    titles = ["submitters at a time", "accepted a second", "without the notification"]
    rates = [
        [str(one), *(_number(found[one, tells]["jobs_per_s"]) for tells in (True, False))]
        for one in counts
    ]
    return _table(titles, rates)


@_from_record("validation")
def scale_validation(record: Mapping[str, Any]) -> list[str]:
    """Percentiles measured and predicted."""
    titles = ["workers", "jobs", "until", "p50 measured, s", "predicted", "error"]
    titles += ["p95 measured, s", "predicted", "error", "p95 of ten other draws"]
    titles += ["a second of CPU took, s"]
    rows = []
    for row in record["rows"]:
        low, high = row["elsewhere"]
        for name, until in (("ends", "the end"), ("answers", "the caller's answer")):
            cells = [str(row["workers"]), str(row["jobs"]), until]
            for one in (row[name]["p50"], row[name]["p95"]):
                cells += [f"{one['measured_s']:.2f}", f"{one['predicted_s']:.2f}"]
                cells += [f"{one['error']:+.0%}"]
            luck = [f"{low:.2f} to {high:.2f}", f"{row.get('slowdown', 1.0):.1f}"]
            rows.append([*cells, *(luck if name == "ends" else ["", ""])])
    return [*_table(titles, rows), "", _measured(record)]


@_from_record("outlook")
def scale_assumed(record: Mapping[str, Any]) -> list[str]:
    """What the outlook takes for granted."""
    one = record["assumed"]
    text = (
        f"An image costs a worker's core {one['service_s']:.2g} s, as U²-Net's shape at two "
        "megapixels does (measured: the throughput in "
        "[how networks are run](decisions/0003-how-networks-are-run.md)). "
        f"Assumed, not measured: workers with {one['worker_cores']} cores that are busy for "
        f"{one['load_of_workers']:.0%} of the time; web processes for "
        f"{one['load_of_web_processes']:.0%}; a database with {one['database_cores']} cores, "
        f"{1e3 * one['round_trip_s']:g} ms away; an object store that answers in "
        f"{1e3 * one['store_s']:g} ms; callers who look every {one['poll_s']:g} s; `/readyz` or "
        f"`/metrics` of each process asked every {one['census_every_s']:g} s. "
        f"A commit waits {1e3 * one['sync_s']:g} ms for "
        "the disk."
    )
    return [text]


@_from_record("outlook")
def scale_first(record: Mapping[str, Any]) -> list[str]:
    """What gives way first, as shipped."""
    rows = []
    shipped = [row for row in record["rows"] if row["change"] == "as shipped"]
    for row in shipped:
        shares = sorted(row["shares"].items(), key=lambda one: -one[1])
        over = ", then ".join(name for name, share in shares if share > 1) or "nothing"
        cells = [f"{row['workers']:,}", f"{row['images_a_day'] / 1e6:,.1f}"]
        rows.append([*cells, *map(_share, row["shares"].values()), over])
    titles = ["workers", "million images a day", *shipped[0]["shares"], "gives way"]
    return _table(titles, rows)


@_from_record("outlook")
def scale_outlook(record: Mapping[str, Any]) -> list[str]:
    """Each change's effect."""
    titles = ["workers", "", "p50, s", "p95, s", "database cores asked for", "notifying"]
    titles += ["fetches for nothing a second", "web processes busy"]
    rows = []
    for row in record["rows"]:
        times = [f"{row[name]:.2f}" if row["keeps_up"] else "—" for name in ("p50_s", "p95_s")]
        cells = [_number(row["database_cores"]), f"{row['notifying']:.0%}"]
        cells += [f"{row['missed_fetches_per_s']:,.0f}", f"{row['web']:.0%}"]
        rows.append([f"{row['workers']:,}", row["change"], *times, *cells])
    return _table(titles, rows)


@_from_record("outlook")
def scale_sizing(record: Mapping[str, Any]) -> list[str]:
    """What an operator needs."""
    names = {"cutoutd-small": "embedded", "u2net": "U²-Net's shape"}
    titles = ["images a day", "sizes", "model", "workers (cores, GB each)", "web processes"]
    titles += [
        "database cores: shipped / changed",
        "its log, MB/s",
        "stored, GB",
        "in / out, GB a day",
    ]
    titles += ["store requests a second", "ids last, days"]
    rows = []
    for row in record["sizing"]:
        cores = row["worker_cores"] // row["workers"]
        cells = [f"{row['images_a_day']:,}", row["mix"], names[row["model"]]]
        cells += [f"{row['workers']:,} ({cores}, {row['worker_gb']:.1f})"]
        cells += [f"{row['web_processes']:,}"]
        cores = (row["database_cores_as_shipped"], row["database_cores_changed"])
        cells += [" / ".join(map(_number, cores)), _number(row["log_mb_per_s"])]
        cells += [f"{row['stored_gb']:,.0f}"]
        cells += [f"{row['in_gb_a_day']:,.0f} / {row['out_gb_a_day']:,.0f}"]
        cells += [f"{row['store_requests_per_s']:,.0f}", f"{row['days_of_ids']:,.0f}"]
        rows.append(cells)
    return _table(titles, rows)


TABLES = (
    scale_stages,
    scale_embedded,
    scale_growth,
    scale_ceiling,
    scale_acceptance,
    scale_validation,
    scale_assumed,
    scale_first,
    scale_outlook,
    scale_sizing,
)


def _table(titles: Sequence[str], rows: Rows) -> list[str]:
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def _measured(record: Mapping[str, Any]) -> str:
    """On what, when, and how busy it was."""
    machine = record["machine"]
    busy = ", while others worked on it" if record["busy"] else ""
    return (
        f"Measured on {machine['cores']} cores of {machine['cpu']}, {machine['date']}, at a load "
        f"of {machine['load_before']:g} before{busy}."
    )


def _number(value: float) -> str:
    """Three digits that count; what noise made negative is nothing."""
    value = max(0.0, value)
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _count(value: float) -> str:
    return f"{max(0.0, value):,.0f}"


def _share(value: float) -> str:
    return f"{value:.0%}" if value < 10 else f"{value:,.0f} times"
