"""What was measured, as the simulation uses it. Times are seconds, sizes bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parents[2] / "results" / "scale-costs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of one job, or one request."""

    own_s: float
    """CPU of the process that does it: web or worker."""
    database_s: float
    """CPU of PostgreSQL."""
    commits: int
    """Transactions that wrote, one after the other."""
    statements: float
    wal: float
    """Bytes of write-ahead log."""
    puts: int
    gets: int
    deletes: int
    store_in: float
    store_out: float
    caller_s: float = 0.0
    """CPU of the program that asked; matters only where everything shares a machine."""
    store_s: float = 0.0
    """CPU of the object store, likewise."""

    @property
    def requests(self) -> int:
        """Of the object store."""
        return self.puts + self.gets + self.deletes

    def slowed(self, factor: float) -> "Stage":
        """With all CPU times that factor."""
        names = ("own_s", "database_s", "caller_s", "store_s")
        return replace(self, **{name: factor * getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """CPU of PostgreSQL that grows with the number of rows: `base_s` and so much for each."""

    base_s: float
    per_row_s: float

    def at(self, rows: float) -> float:
        """Seconds with so many rows."""
        return self.base_s + self.per_row_s * rows

    def slowed(self, factor: float) -> "Growth":
        """Times that factor."""
        return Growth(base_s=factor * self.base_s, per_row_s=factor * self.per_row_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of everything that the simulation does."""

    submit: Stage
    submit_by_url: Stage
    """Of an image that its caller has stored already."""
    poll_waiting: Stage
    poll_ended: Stage
    work: Stage
    """All that a worker does for a job, without the image itself."""
    webhook: Stage
    missed_fetch: Stage
    """A worker that was woken, or looked by itself, and found nothing."""
    idle_web: Stage
    """A second of a process to which nobody speaks."""
    idle_worker: Stage
    admission: Growth
    """Of `submit`, what counting the waiting jobs costs."""
    estimate: Growth
    """Of `poll_waiting`, what the jobs ahead cost."""
    maintenance: Growth
    """One look for orphaned jobs, by the number of unfinished ones."""
    census: Growth
    """One look of `/readyz` or `/metrics`, by the number of unfinished jobs."""
    connections_web: int
    connections_worker: int

    def slowed(self, factor: float) -> "Costs":
        """Where others use the cores as well: every second of CPU takes so many."""
        slow: dict[str, Any] = {
            field.name: value.slowed(factor)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Stage | Growth)
        }
        return replace(self, **slow)


def stage_of(row: Mapping[str, float]) -> Stage:
    """A row of the record; the record has milliseconds. What noise made negative is none."""

    def positive(name: str) -> float:
        return max(0.0, row.get(name, 0.0))

    return Stage(
        own_s=positive("own_cpu_ms") / 1e3,
        database_s=positive("database_cpu_ms") / 1e3,
        commits=round(positive("commits")),
        statements=positive("statements"),
        wal=positive("wal_bytes"),
        puts=round(positive("store_put")),
        gets=round(positive("store_get")),
        deletes=round(positive("store_delete")),
        store_in=positive("store_bytes_in"),
        store_out=positive("store_bytes_out"),
        caller_s=positive("caller_cpu_ms") / 1e3,
        store_s=positive("store_cpu_ms") / 1e3,
    )


def growth_of(points: Mapping[str, float]) -> Growth:
    """The line through the least and the most rows. points: milliseconds by number of rows."""
    few, many = min(map(int, points)), max(map(int, points))
    least, most = points[str(few)] / 1e3, points[str(many)] / 1e3
    slope = max(0.0, most - least) / (many - few) if many > few else 0.0
    return Growth(base_s=least, per_row_s=slope)


def read_costs(record: Path = RECORD) -> Costs:
    """The costs that `python -m benchmarks.scale costs` has written."""
    return costs_of(json.loads(record.read_text()))


def costs_of(record: Mapping[str, Any]) -> Costs:
    """The record as costs."""
    stages, growth = record["scaled"], record["growth"]
    return Costs(
        submit=stage_of(stages["submit"]),
        submit_by_url=stage_of(stages["submit_by_url"]),
        poll_waiting=stage_of(stages["poll_waiting"]),
        poll_ended=stage_of(stages["poll_ended"]),
        work=stage_of(stages["work"]),
        webhook=stage_of(stages["webhook"]),
        # PostgreSQL's part is too small for a stage; the look at a short queue was repeated enough.
        missed_fetch=replace(
            stage_of(stages["missed_fetch"]), database_s=growth_of(growth["fetch"]).base_s
        ),
        idle_web=stage_of(stages["idle_web"]),
        idle_worker=stage_of(stages["idle_worker"]),
        admission=growth_of(growth["admission"]),
        estimate=growth_of(growth["estimate"]),
        maintenance=growth_of(growth["maintenance"]),
        census=growth_of(growth["census"]),
        connections_web=round(record["connections"]["web"]),
        connections_worker=round(record["connections"]["worker"]),
    )
