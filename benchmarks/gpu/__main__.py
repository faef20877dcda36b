"""`python -m benchmarks.gpu NETWORKS`: networks and the whole pipeline on a GPU, in 12 minutes.

NETWORKS has u2netp.onnx and isnet.onnx as published; what is missing is left out. Needs
`onnxruntime-gpu` in the place of `onnxruntime`, and PyTorch for its rows. Each network, way and
arithmetic has a process of its own and so many seconds; what does not end in time, does not fit
into the card's memory or cannot be run has its reason in results/gpu.json, which is written
part by part. Rows that matter most come first. `--provider cpu --tiny` shows that it works.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.gpu.networks import ARITHMETICS, SPECS, network

from benchmarks import machine
from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.options import ProviderName

HERE = Path(__file__).parents[1]
RESULTS = HERE / "results" / "gpu.json"
BATCHES = (1, 8, 32, 4, 16, 2)
"""The order they are measured in."""
PIPELINE_BATCH = 8


@dataclass(frozen=True, slots=True)
class Part:
    """What one process measures."""

    way: str
    """`session`, `bare`, `torch`, `pipeline` or `cpu`."""
    network: str
    arithmetic: str


def parts(networks: Path) -> Iterator[Part]:
    """All of them, first what is known nowhere else."""
    yield Part("cpu", EMBEDDED.name, "fp32")
    there = [
        name for name, spec in SPECS.items() if spec is EMBEDDED or (networks / spec.file).exists()
    ]
    for name in there:
        for arithmetic in reversed(ARITHMETICS):
            yield Part("session", name, arithmetic)
            yield Part("bare", name, arithmetic)
            if name == EMBEDDED.name:
                yield Part("torch", name, arithmetic)
                yield Part("pipeline", name, arithmetic)


def measure(part: Part, asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """In this process: a row for each batch size. Reasons are part of the rows."""
    from benchmarks.gpu import ways, whole

    spec, weights = network(part.network, part.arithmetic, asked.networks, asked.made)
    if part.way == "cpu":
        yield whole.cpu_alone(spec, asked.seconds)
        return
    if part.way == "pipeline":
        batch = min(PIPELINE_BATCH, *asked.batches[-1:])
        found = whole.pipeline(spec, weights, asked.provider, batch, asked.seconds)
        yield {"batch": batch, **found}
        return
    for batch in asked.batches:
        try:
            if part.way == "torch":
                device = "cuda" if asked.provider is ProviderName.CUDA else "cpu"
                found = ways.torch(part.arithmetic, device, batch, asked.seconds)
            else:
                way = getattr(ways, part.way)
                found = way(spec, weights, asked.provider, batch, asked.seconds)
            yield {"batch": batch, "images_s": round(found, 2)}
        except Exception as exc:  # noqa: BLE001 - Out of memory, mostly: others may still fit.
            yield {"batch": batch, "error": without_paths(f"{type(exc).__name__}: {exc}")}


def in_a_process(part: Part, budget_s: float) -> list[dict[str, Any]]:
    """The rows of a process that ends, or is ended, within the budget."""
    words = [sys.executable, "-m", "benchmarks.gpu", *sys.argv[1:]]
    words += ["--part", json.dumps(asdict(part))]
    reason = ""
    try:
        run = subprocess.run(words, check=False, capture_output=True, text=True, timeout=budget_s)
        printed = run.stdout
        if run.returncode:
            reason = without_paths(run.stderr.strip().rpartition("\n")[2])
    except subprocess.TimeoutExpired as exc:
        printed = (exc.stdout or b"").decode()
        reason = f"not done in {budget_s:.0f} s"
    lines = printed.splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [*rows, {"error": reason}] if reason else rows


def without_paths(said: str) -> str:
    """The start of a library's message; the record is for others to read."""
    return " ".join(word for word in said.split() if "/" not in word)[:160]


def card() -> str | None:
    """Its name and driver, None where there is none."""
    words = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def main() -> None:
    """Measure, part by part, until the time is up."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("networks", type=Path)
    parser.add_argument("--provider", type=ProviderName, default=ProviderName.CUDA)
    parser.add_argument("--minutes", type=float, default=11.0, help="for all of it")
    parser.add_argument("--part-seconds", type=float, default=45.0, help="for one process")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each row's counting")
    parser.add_argument("--batches", type=int, nargs="+", default=list(BATCHES))
    parser.add_argument("--tiny", action="store_true", help="the embedded network, once or twice")
    parser.add_argument("--made", type=Path, default=HERE / "cache" / "gpu")
    parser.add_argument("--to", type=Path, default=RESULTS)
    parser.add_argument("--part", type=json.loads, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.tiny:
        asked.batches, asked.seconds = [1, 2], 0.0
    if asked.part:
        for row in measure(Part(**asked.part), asked):
            print(json.dumps(row), flush=True)
        return
    ends = time.monotonic() + 60 * asked.minutes
    record: dict[str, Any] = {"card": card(), "provider": str(asked.provider)}
    record |= {**machine.facts(), "rows": []}
    for part in parts(asked.networks):
        left = min(asked.part_seconds, ends - time.monotonic())
        if asked.tiny and part.network != EMBEDDED.name:
            continue
        rows = in_a_process(part, left) if left > 0 else [{"error": "no time left"}]
        record["rows"] += [{**asdict(part), **row} for row in rows]
        print(part, rows, flush=True)
        asked.to.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
