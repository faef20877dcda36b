"""results/precision.json, and the table that is made of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.precision.rows import ROWS, Row

RESULTS = Path(__file__).parents[1] / "results" / "precision.json"
MEASURED = {"quality": "mae", "times": "times"}
"""By what a row shows that a part of it is there."""
NAMES = {"u2netp": "U²-Netp", "isnet": "IS-Net"}
TITLES = ("network", "computed in", "by", "max-F", "MAE", "S", "time")

Rows = Mapping[str, Mapping[str, Any]]


def read_record(path: Path) -> dict[str, Any]:
    """What is recorded so far."""
    if not path.exists():
        return {"rows": {}}
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def to_do(rows: Iterable[Row], recorded: Rows, part: str, *, again: bool) -> Iterator[Row]:
    """The rows that this part is still to be measured of; none that equals another to the bit."""
    for row in rows:
        known = recorded.get(str(row), {})
        if "same_as" in known and (part == "times" or not again):
            continue
        if again or MEASURED[part] not in known:
            yield row


def merged(known: Mapping[str, Any], part: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """A row with one part of it measured: new scores leave nothing of those that were there."""
    kept = known if part == "times" else {key: known[key] for key in ("times",) if key in known}
    return {**kept, **found}


def precision() -> list[str]:
    """Each row's scores, what it loses beside float32 in the same runtime, and its time."""
    recorded = read_record(RESULTS)["rows"]
    lines = ["| " + " | ".join(TITLES) + " |", "|---" * len(TITLES) + "|"]
    measured = (row for row in ROWS if str(row) in recorded)
    return lines + ["| " + " | ".join(_cells(row, recorded)) + " |" for row in measured]


def _cells(row: Row, recorded: Rows) -> list[str]:
    """Of one line; scores beside the change from what the product does unless told otherwise."""
    found, base = recorded[str(row)], recorded.get(str(row.base), {})
    name = NAMES.get(row.network, f"`{row.network}`")
    cells = [name, str(row.arithmetic), str(row.runtime)]
    if "same_as" in found:
        return [*cells, "to the bit as float32", "", "", ""]
    for key in ("max_f", "mae", "s"):
        change = f" ({found[key] - base[key]:+.4f})" if row != row.base and key in base else ""
        cells.append(f"{found[key]:.4f}{change}" if key in found else "")
    times = found.get("times")
    return [*cells, f"{times['time']:.2f}" if times else ""]
