"""Where the CPU time of one image goes, in microseconds: stage by stage, then what is around it.

    python benchmarks/stages.py [--rounds 9] [--cases "0.07 MP" "2 MP"] [--around]

The embedded network is run, and its answer replaced by a given one, so that what follows has
realistic work. The CPU time of all threads is counted, and printed the lower quartile of the
rounds: other load changes that least. A busy machine is refused all the same, unless `--busy`
says that only ratios matter; the record has the load.

`--around` asks a server for small images as well: what HTTP and the job add to the pipeline in
one process, and what handing the image to a process of its own adds to both. Needs no rembg.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from benchmarks.machine import facts, refuse_busy  # noqa: E402
from benchmarks.photos import photo  # noqa: E402
from benchmarks.pipelines import LIMITS, THREADS, command  # noqa: E402
from tests.running import running_process  # noqa: E402 - The path comes first.

from cutoutd.command import MattingMode, Quality, RemoveBackground  # noqa: E402
from cutoutd.imaging.resize import resize_plane  # noqa: E402
from cutoutd.removal import pipeline  # noqa: E402
from cutoutd.segmentation import session  # noqa: E402
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE  # noqa: E402
from cutoutd.segmentation.opening import for_this_cpu  # noqa: E402
from cutoutd.segmentation.runtimes.runner import RunnerOptions  # noqa: E402

RESULT = Path(__file__).parent / "results" / "stages.json"
CASES = {
    "0.07 MP": (0.07, command()),
    "0.25 MP": (0.25, command()),
    "0.5 MP": (0.5, command()),
    "2 MP": (2, command()),
    "2 MP, mask": (2, command(only_mask=True)),
    "2 MP, fast": (2, command(MattingMode.FAST)),
    "12 MP": (12, command()),
    "24 MP": (24, command()),
}
"""Megapixels, and what is asked."""
STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "decode": ((pipeline, "decode"),),
    "shrink": ((pipeline, "view_of"), (pipeline, "shrink")),
    "tensor": ((session, "tensor_from_image"),),
    "network": ((session.Session, "_run"),),
    "probability": ((session, "probability_from_output"), (pipeline, "check")),
    "mask back": ((pipeline, "upsample"), (pipeline, "back_project")),
    "colours": ((pipeline, "estimate_colors"),),
    "edges": ((pipeline, "refine"),),
    "matting": ((pipeline, "_matte"),),
    "cut out": ((pipeline, "unmix"),),
    "compose": ((pipeline, "arrange"), (pipeline, "compose")),
    "encode": ((pipeline, "encode_output"),),
}
"""The functions of each stage, where the pipeline calls them."""
REST, TOTAL = "the rest", "total"
REQUESTS, SMALL = 60, 0.07
Row = dict[str, float]


class Ledger:
    """CPU time by stage; what one stage calls of another counts for the other."""

    def __init__(self) -> None:
        self.spent_us: Counter[str] = Counter()
        self._within: list[int] = []
        for stage, functions in STAGES.items():
            for owner, name in functions:
                setattr(owner, name, self._counted(stage, getattr(owner, name)))

    def _counted(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            began = time.process_time_ns()
            self._within.append(0)
            try:
                return function(*arguments, **options)
            finally:
                spent = time.process_time_ns() - began
                self.spent_us[stage] += (spent - self._within.pop()) // 1000
                if self._within:
                    self._within[-1] += spent

        return counted

    def row(self, work: Callable[[], object]) -> Row:
        """One run: microseconds of each stage, of the rest, and of all."""
        self.spent_us.clear()
        began = time.process_time_ns()
        work()
        total = (time.process_time_ns() - began) // 1000
        named = {stage: float(self.spent_us[stage]) for stage in STAGES}
        return {**named, REST: total - sum(named.values()), TOTAL: total}


class Given:
    """The embedded network, computed, whose answer is always the same."""

    name = provider = "given"
    sees = EMBEDDED.sees

    def __init__(self, network: session.Session, answer: NDArray[np.float32]) -> None:
        self._network = network
        self._answer = answer

    def grid(self, quality: Quality) -> int | None:
        return self._network.grid(quality)

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        self._network.predict(pixels, None, Quality.BALANCED)
        return self._answer


def rounds(
    ledger: Ledger, network: session.Session, case: tuple[float, RemoveBackground], count: int
) -> Row:
    """The lower quartile of each stage; the first round is not counted."""
    megapixels, wanted = case
    data, answer = photo(megapixels, None)
    side = network.spec.size
    segmenter = Given(network, resize_plane(answer, (side, side)))

    def work() -> object:
        return pipeline.remove_background(data, wanted, segmenter, limits=LIMITS)

    rows = [ledger.row(work) for _ in range(count + 1)][1:]
    return {stage: float(np.percentile([row[stage] for row in rows], 25)) for stage in rows[0]}


def around() -> Row:
    """Microseconds of CPU time for a request: the server and all its processes."""
    return {
        "in one process": _request_us(isolate="false"),
        "in a process of its own": _request_us(isolate="true"),
    }


def _request_us(**settings: str) -> float:
    data = photo(SMALL, None)[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_process(Path(folder) / "data", **settings) as running,
        httpx.Client(base_url=running.base, timeout=60) as client,
    ):

        def ask() -> None:
            answer = client.post("/v1/remove-background", files={"image": ("a.jpg", data)})
            answer.raise_for_status()

        for _ in range(5):
            ask()
        before = _tree_seconds(running.process.pid)
        for _ in range(REQUESTS):
            ask()
        return 1e6 * (_tree_seconds(running.process.pid) - before) / REQUESTS


def _tree_seconds(root: int) -> float:
    """CPU time of a process and of all that it started, as Linux counts it."""
    parents, ticks = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended.
        number = int(stat.parent.name)
        parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = {root}
    while more := {one for one, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(ticks[one] for one in family) / os.sysconf("SC_CLK_TCK")


def page(cases: dict[str, Row], beside: Row) -> str:
    """The record as one page of Markdown."""
    lines = ["| µs of CPU time | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for stage in (*STAGES, REST, TOTAL):
        cells = (f"{row[stage]:,.0f}" for row in cases.values())
        lines.append(f"| {stage} | " + " | ".join(cells) + " |")
    lines += [f"\n{SMALL} MP by HTTP, {name}: {spent:,.0f} µs" for name, spent in beside.items()]
    return "\n".join(lines)


def main() -> None:
    """Measure, print and keep."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    options.add_argument("--around", action="store_true")
    options.add_argument("--busy", action="store_true", help="measure whatever the load")
    chosen = options.parse_args()
    if not chosen.busy:
        refuse_busy()
    record: dict[str, Any] = {**facts(), "rounds": chosen.rounds}
    ledger = Ledger()
    spec = for_this_cpu(EMBEDDED)
    network = session.open_session(
        spec, WEIGHTS_IN_PACKAGE / spec.file, RunnerOptions(threads=THREADS)
    )
    record["cases"] = {
        name: rounds(ledger, network, CASES[name], chosen.rounds) for name in chosen.cases
    }
    record["around"] = around() if chosen.around else {}
    print(page(record["cases"], record["around"]))
    RESULT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
