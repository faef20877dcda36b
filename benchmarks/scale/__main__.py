"""`python -m benchmarks.scale`: measure, validate, look ahead, draw; each part into its record.

    costs       one job, stage by stage, scaled and embedded; what grows with the queue
    connections what processes keep of them, into the record of `costs`; any load will do
    ceiling     the queue's ceiling: workers, submitters, lengths of the queue
    validation  the simulation beside the real thing
    outlook     10 to 1,000 workers, the changes, and the sizing table (simulated, from `costs`)
    plot        docs/images/scale-validation.svg, from the record of `validation`

All of them one after the other where none is named. A busy machine is refused unless `--busy` says
that it may be; the record has the load either way.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.scale import plot

from benchmarks import machine

RESULTS = Path(__file__).parents[1] / "results"
PACKAGES = ("psycopg", "procrastinate", "sqlalchemy", "obstore", "simpy")


def costs(asked: argparse.Namespace) -> dict[str, Any]:
    """Of one job."""
    from benchmarks.scale.costs import measure_scaled
    from benchmarks.scale.embedded import measure_embedded
    from benchmarks.scale.growth import measure_growth, measure_sync

    return {
        "jobs": asked.jobs,
        "sync_s": measure_sync(),
        **measure_scaled(asked.jobs),
        "embedded": measure_embedded(asked.jobs),
        "growth": measure_growth([0, 10_000, asked.longest]),
    }


def connections(asked: argparse.Namespace) -> None:
    """Put those of each process into the record of what a job costs."""
    from benchmarks.scale.costs import count_connections

    place = RESULTS / "scale-costs.json"
    record = json.loads(place.read_text()) | {"connections": count_connections(asked.jobs)}
    place.write_text(json.dumps(record, indent=1) + "\n")


def ceiling(asked: argparse.Namespace) -> dict[str, Any]:
    """Of the queue."""
    from benchmarks.scale.ceiling import measure_acceptance, measure_ceiling

    return {
        "ends": measure_ceiling(asked.workers, [0, 10_000, asked.longest]),
        "acceptance": measure_acceptance(asked.workers),
    }


def validation(asked: argparse.Namespace) -> dict[str, Any]:
    """Of the simulation."""
    from benchmarks.scale import validation as module
    from benchmarks.scale.simulation.costs import read_costs

    record = json.loads((RESULTS / "scale-costs.json").read_text())
    rows = module.measure_validation(
        read_costs(), record["sync_s"], seconds=asked.seconds, stretch=asked.stretch
    )
    settings = {"stretch": asked.stretch, "seconds": asked.seconds}
    settings |= {"load": module.LOAD, "slots": module.SLOTS, "poll_s": module.POLL_S}
    return {**settings, "service_s": module.SERVICE_S, "rows": rows}


def outlook(_: argparse.Namespace) -> dict[str, Any]:
    """Of what has not been built."""
    from benchmarks.scale.outlook import assumed, look_ahead
    from benchmarks.scale.simulation.costs import read_costs
    from benchmarks.scale.sizing import size_up

    found = read_costs()
    return {"assumed": assumed(), "rows": look_ahead(found), "sizing": size_up(found)}


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "costs": costs,
    "ceiling": ceiling,
    "validation": validation,
    "outlook": outlook,
}
ALONE: dict[str, Callable[[argparse.Namespace], None]] = {
    "connections": connections,
    "plot": lambda _: plot.draw(RESULTS / "scale-validation.json"),
}
"""Without a record of their own."""
MEASURED = ("costs", "ceiling", "validation")


def main() -> None:
    """Run the parts, unless the machine is too busy to measure anything."""
    asked = _arguments().parse_args()
    parts = asked.parts or [*PARTS, "plot"]
    if set(parts) & set(MEASURED):
        machine.refuse_busy(unless=asked.busy)
    for part in parts:
        if part in ALONE:
            ALONE[part](asked)
            continue
        began, facts = time.monotonic(), machine.facts()
        found = PARTS[part](asked)
        versions = {name: machine.version(name) for name in PACKAGES}
        record = {"machine": facts | {"versions": versions}, "busy": asked.busy, **found}
        place = RESULTS / f"scale-{part}.json"
        place.write_text(json.dumps(rounded(record), indent=1) + "\n")
        print(f"{part}: {time.monotonic() - began:.0f} s", flush=True)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, *ALONE])
    parser.add_argument("--busy", action="store_true", help="measure although others work here")
    parser.add_argument("--jobs", type=int, default=100, help="of each stage")
    parser.add_argument("--longest", type=int, default=1_000_000, help="jobs that wait at most")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each validation")
    parser.add_argument("--stretch", type=float, default=1.0, help="make its work so much longer")
    return parser


def rounded(value: Any) -> Any:
    """The record with four digits that count: more would be noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return value


if __name__ == "__main__":
    main()
