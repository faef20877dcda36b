"""`python -m tests.chaos`: the whole play, a report as JSON, exit status 1 if anything is wrong."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.play import Report, embedded, scaled
from tests.postgres import cluster


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="of both plays together")
    parser.add_argument("--kills", type=int, default=30, help="of both plays together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--play", choices=("embedded", "scaled", "both"), default="both")
    asked = parser.parse_args()
    plays = 2 if asked.play == "both" else 1
    jobs, kills = -(-asked.jobs // plays), -(-asked.kills // plays)
    reports: list[Report] = []
    with tempfile.TemporaryDirectory(prefix="cutoutd-chaos-") as name:
        folder = Path(name)
        if asked.play != "scaled":
            (folder / "embedded").mkdir()
            reports.append(embedded(folder / "embedded", jobs=jobs, kills=kills, seed=asked.seed))
            _show(reports[-1])
        if asked.play != "embedded":
            (folder / "scaled").mkdir()
            with cluster(durable=True) as server:
                reports.append(
                    scaled(
                        folder / "scaled", server, jobs=jobs, kills=kills, stops=2, seed=asked.seed
                    )
                )
            _show(reports[-1])
    good = all(report.good for report in reports)
    sys.stdout.write("nothing was lost\n" if good else "SOMETHING IS WRONG\n")
    return 0 if good else 1


def _show(report: Report) -> None:
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
