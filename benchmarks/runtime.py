"""What ONNX Runtime's options cost and gain, so that ours are chosen by measurement.

    python benchmarks/runtime.py [--models cutoutd-small u2net isnet] [--rounds 2] [--variants …]

Every variant runs in processes of its own that take turns. `ms` is one run of the network alone,
`images_s` two callers through the whole pipeline (JPEG of 2 megapixels to PNG), `mb` the peak of
the process. Written to results/runtime.json, or where `--to` says. With the extra `mnn` installed,
`mnn` is measured beside them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from benchmarks.machine import facts, peak_megabytes
from benchmarks.networks import SIDES, write
from benchmarks.photos import photo

from cutoutd.command import RemoveBackground
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.graphs import PreparedGraphs, pruned
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.onnx import OnnxRunner
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session, usable_providers

RESULTS = Path(__file__).parent / "results" / "runtime.json"
CORES = len(os.sched_getaffinity(0))
set_num_threads(CORES)
SPINNING = "session.intra_op.allow_spinning"
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "spinning": {"spinning": "1"},
    "no arena": {"enable_cpu_mem_arena": False},
    "no memory pattern": {"enable_mem_pattern": False},
    "one thread": {"intra_op_num_threads": 1},
    "every output": {"whole": True},
    "mnn": {},
}
"""Each changes one thing of what is shipped: all cores, no spinning, arena, pattern, graph cut.
But `mnn` is another runtime, where the extra is installed.
"""


def session_of(model: str, variant: str, folder: Path) -> Session:
    if model == EMBEDDED.name:
        spec, weights = EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file
    else:
        weights = folder / f"{model}.onnx"
        spec = ModelSpec(
            name=model,
            size=SIDES[model],
            file=weights.name,
            licence="none",
            commercial=True,
            source="benchmarks/networks.py",
        )
    if variant == "mnn":
        graphs = PreparedGraphs(folder / "prepared")
        return open_session(
            spec, weights, RunnerOptions(provider=ProviderName.MNN, threads=CORES, graphs=graphs)
        )
    facts_of = dict(VARIANTS[variant])
    whole, spinning = facts_of.pop("whole", False), facts_of.pop("spinning", "0")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    options.inter_op_num_threads = 1
    for name, value in facts_of.items():
        setattr(options, name, value)
    options.add_session_config_entry(SPINNING, spinning)
    content = None if whole else pruned(weights, None)
    opened = onnxruntime.InferenceSession(content or str(weights), options)
    return Session(spec, [OnnxRunner(spec, opened)])


def measure_one(model: str, variant: str, folder: Path, seconds: float) -> dict[str, float]:
    session = session_of(model, variant, folder)
    rgb = np.random.default_rng(0).integers(0, 256, (session.spec.size,) * 2 + (3,), np.uint8)
    session.predict(rgb)
    runs = []
    while len(runs) < 3 or sum(runs) < seconds:
        start = time.perf_counter()
        session.predict(rgb)
        runs.append(time.perf_counter() - start)
    data, _ = photo(2, None)
    done: list[int] = []
    start = time.perf_counter()

    def call() -> None:
        count = 0
        while count < 2 or time.perf_counter() - start < seconds:
            remove_background(data, RemoveBackground(sources=()), session)
            count += 1
        done.append(count)

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return {
        "ms": statistics.median(runs) * 1000,
        "images_s": sum(done) / (time.perf_counter() - start),
        "mb": peak_megabytes(),
    }


def child(model: str, variant: str, seconds: float) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", model, variant, "--seconds", str(seconds)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", nargs="+", default=[EMBEDDED.name, "u2net", "isnet"])
    here = [one for one in VARIANTS if one != "mnn" or ProviderName.MNN in usable_providers()]
    parser.add_argument("--variants", nargs="+", choices=here, default=here)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--to", type=Path, default=RESULTS)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "cutoutd-runtime"
    if chosen.child:
        print(json.dumps(measure_one(*chosen.child, folder, chosen.seconds)))
        return
    photo(2, None)
    for model in chosen.models:
        if model != EMBEDDED.name and not (folder / f"{model}.onnx").exists():
            write(model, folder / f"{model}.onnx")
    rows = []
    for model in chosen.models:
        found: dict[str, list[dict[str, float]]] = {one: [] for one in chosen.variants}
        if "mnn" in found:
            child(model, "mnn", 0)  # It converts the model, which takes more memory than a run.
        for _ in range(chosen.rounds):
            for variant, figures in found.items():
                figures.append(child(model, variant, chosen.seconds))
        for variant, figures in found.items():
            row: dict[str, object] = {"model": model, "variant": variant}
            row |= {k: round(statistics.median(f[k] for f in figures), 1) for k in figures[0]}
            print(json.dumps(row), flush=True)
            rows.append(row)
    chosen.to.write_text(json.dumps({**facts(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
