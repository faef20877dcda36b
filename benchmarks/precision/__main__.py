"""`python -m benchmarks.precision DATA NETWORKS`: what lower precision costs and gains.

    python -m benchmarks.precision DATA NETWORKS quality    # scores on held-out photos; any load
    python -m benchmarks.precision DATA NETWORKS times      # beside float32; a quiet machine

DATA has the tar shards of training/README.md, NETWORKS has u2netp.onnx, isnet.onnx, isnet-fp16.onnx
and isnet-quint8.onnx as published. Rows that are recorded are left as they are, unless `--again`;
each is written to results/precision.json as soon as it is measured. int8 is what is
shipped or else calibrated on training photos; scores are taken on photos never trained on.
"""

import argparse
import json
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.precision.measure import (
    held_out,
    quality,
    same,
    times,
)
from benchmarks.precision.record import RESULTS, merged, read_record, to_do
from benchmarks.precision.rows import NETWORKS, ROWS, Row, Runtime
from benchmarks.precision.sessions import Files
from training.data import Example
from training.int8 import calibration_photos, pixels_of

from benchmarks import machine

CORES = len(os.sched_getaffinity(0))
CALIBRATED_ON = 3
"""Training photos of each set, where int8 is made here."""
TIMED_ON = 5
"""Photos that take turns."""


def measure_quality(row: Row, files: Files, photos: Sequence[Example]) -> dict[str, Any]:
    """The row's scores, or which row it equals to the bit."""
    session = files.open(row)
    lower = row != row.plain and row.runtime is not Runtime.ONNX
    if lower and same(session, files.open(row.plain), pixels_of(photos[0])):
        return {"same_as": str(row.plain)}
    return {"provider": session.provider, **quality(session, photos)}


def measure_times(row: Row, files: Files, photos: Sequence[Example], turns: int) -> dict[str, Any]:
    """The row's times, beside those of ONNX Runtime in float32."""
    shown = [pixels_of(one) for one in photos[:TIMED_ON]]
    found = times(files.open(row), files.open(row.base), shown, turns)
    return {"times": {**found, "load_before": round(os.getloadavg()[0], 2)}}


def main() -> None:
    """Measure what is not recorded yet."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.precision",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("networks", type=Path)
    parser.add_argument("part", choices=["quality", "times"])
    parser.add_argument("--made", type=Path, default=RESULTS.parents[1] / "cache" / "precision")
    parser.add_argument("--only", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--every", type=int, help="one held-out photo in so many")
    parser.add_argument("--turns", type=int, help="of each row, when times are taken")
    parser.add_argument("--again", action="store_true", help="rows that are recorded, too")
    parser.add_argument("--busy", action="store_true", help="take times whatever the load")
    parser.add_argument("--to", type=Path, default=RESULTS)
    asked = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("cutoutd").setLevel(logging.INFO)
    if asked.part == "times" and not asked.busy:
        machine.refuse_busy()
    files = Files(
        asked.networks, asked.made, partial(calibration_photos, asked.data, CALIBRATED_ON), CORES
    )
    record = read_record(asked.to)
    record["machine"] = record.get("machine", {}) | {asked.part: machine.facts()}
    for row in to_do(ROWS, record["rows"], asked.part, again=asked.again):
        if row.network not in asked.only:
            continue
        network = NETWORKS[row.network]
        photos = held_out(asked.data, asked.every or network.every)
        if asked.part == "quality":
            found = measure_quality(row, files, photos)
        else:
            found = measure_times(row, files, photos, asked.turns or network.turns)
        known = record["rows"].get(str(row), {})
        record["rows"][str(row)] = merged(known, asked.part, found)
        asked.to.write_text(json.dumps(record, indent=1) + "\n")
        print(row, json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
