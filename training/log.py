"""A run's log as a small table: what it took and what it learned, for the repository.

    python -m training.log training/runs/small-5/log.jsonl --pictures 16 > training/logs/small-5.csv

One line for every so many steps: the mean loss since the line before, and hours of the clock over
all calls of the run.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

COLUMNS = ("step", "pictures", "hours", "side", "loss")


def rows(lines: Iterable[dict[str, Any]], *, pictures: int, every: int) -> Iterator[list[str]]:
    """COLUMNS as text. lines: of log.jsonl, whose seconds begin anew in each call.

    pictures: in a step of all processes.
    """
    before, earlier, losses = 0.0, 0.0, []
    for line in lines:
        seconds = float(line["seconds"])
        if seconds < before:
            earlier += before
        before = seconds
        losses.append(float(line["loss"]))
        if line["step"] % every == 0:
            hours = (earlier + seconds) / 3600
            loss = sum(losses) / len(losses)
            step = int(line["step"])
            yield [
                str(step),
                str(step * pictures),
                f"{hours:.2f}",
                str(line["side"]),
                f"{loss:.4f}",
            ]
            losses = []


def main() -> None:
    """Write the table to standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    parser.add_argument("--pictures", type=int, required=True, help="in a step of all processes")
    parser.add_argument("--every", type=int, default=25, help="steps of a line")
    arguments = parser.parse_args()
    lines = map(json.loads, arguments.log.read_text(encoding="utf-8").splitlines())
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(rows(lines, pictures=arguments.pictures, every=arguments.every))


if __name__ == "__main__":
    main()
