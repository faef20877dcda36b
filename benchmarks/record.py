"""A record in results/ that grows row by row, so that what is measured stays."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import facts

RESULTS = Path(__file__).parent / "results"


class Record:
    """One file: what it was measured on, and rows by name."""

    def __init__(self, file: Path, *, keep: bool, **about: object) -> None:
        """keep: the rows that the file has. about: what else is true of all rows.

        What is known by name, as of files, is added to what the file knows.
        """
        self.file = file
        kept: dict[str, Any] = json.loads(file.read_text()) if keep and file.exists() else {}
        self.content: dict[str, Any] = {**kept, **facts()}
        for key, value in about.items():
            if isinstance(value, dict):
                self.content[key] = {**kept.get(key, {}), **value}
            else:
                self.content[key] = value
        self.content["cases"] = kept.get("cases", {})

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """The rows."""
        rows: dict[str, dict[str, Any]] = self.content["cases"]
        return rows

    def put(self, name: str, row: Mapping[str, Any]) -> None:
        """Keep a row and print it."""
        self.cases[name] = dict(row)
        self.save()
        print(name, {key: shortened(value) for key, value in row.items()}, flush=True)

    def save(self) -> None:
        """Write the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.content, indent=1, ensure_ascii=False) + "\n")


def shortened(value: object) -> object:
    """Numbers as people read them."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
