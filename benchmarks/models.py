"""Speed and memory of the segmentation side, beside rembg where rembg is installed.

    python benchmarks/models.py throughput    images per second, 1 to 8 callers
    python benchmarks/models.py restart       time to open a session, and a whole process
    python benchmarks/models.py memory        peak memory with two callers
    python benchmarks/models.py latency       percentiles under steady load

Networks with U²-Net's and IS-Net's shape have random weights (`networks.py`) and answer the mask
of the photo: speed only. Pairs are interleaved in one process, so that a busy machine slows both.
What is timed is the whole way from JPEG bytes to PNG bytes, except in `restart` and `memory`: from
no session to masks. Each run replaces its rows in results/models.json.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
from benchmarks.machine import facts, peak_megabytes
from benchmarks.networks import SIDES, write
from benchmarks.photos import photo
from PIL import Image

from cutoutd.command import RemoveBackground
from cutoutd.segmentation.options import ProviderName, SegmentationOptions
from cutoutd.segmentation.sessions import Sessions

RESULTS = Path(__file__).parent / "results" / "models.json"
SHAPES = {"u2net": "u2net", "isnet-general-use": "isnet"}
CALLERS = {2: (1, 2, 4, 8), 12: (1, 2)}
"""By megapixels."""
KEYS = ("model", "MP", "callers", "slots")
Cut = Callable[[bytes], object]


def folder_with_networks(folder: Path, path: str | None) -> Path:
    answer = Image.fromarray(photo(0.5, path)[1])
    for name, shape in SHAPES.items():
        if not (folder / f"{name}.onnx").exists():
            side = (SIDES[shape], SIDES[shape])
            mask = np.asarray(answer.resize(side, Image.Resampling.BILINEAR))
            write(shape, folder / f"{name}.onnx", answer=mask)
    return folder


def describe(folder: Path) -> None:
    """Describe the random networks as own models, as their digests are not the published ones."""
    for name, shape in SHAPES.items():
        own = folder / f"{name}-shape"
        own.mkdir(exist_ok=True)
        if not (own / "model.onnx").exists():
            (own / "model.onnx").hardlink_to(folder / f"{name}.onnx")
        (own / "model.toml").write_text(
            f'size = {SIDES[shape]}\nlicence = "random"\nscale = "brightest"\nstretch = true\n'
        )


def ours(folder: Path, name: str, chosen: argparse.Namespace) -> Cut:
    from cutoutd.removal.pipeline import remove_background

    sessions = Sessions(
        SegmentationOptions(
            folder=folder,
            cache=folder / ".prepared",
            provider=chosen.provider,
            slots=chosen.slots,
        )
    )

    def cut(data: bytes) -> object:
        with sessions.get(name) as session:
            return remove_background(data, RemoveBackground(sources=()), session)

    cut(photo(0.5, None)[0])
    return cut


def theirs(folder: Path, name: str) -> Cut:
    os.environ["U2NET_HOME"] = str(folder)
    import rembg

    session = rembg.new_session(name)
    return lambda data: rembg.remove(data, session=session)


def rate(cut: Cut, data: bytes, callers: int, seconds: float) -> float:
    """Images per second with that many callers, over at least `seconds` and an image each."""
    done = []
    start = time.perf_counter()

    def call() -> None:
        count = 0
        while count < 1 or time.perf_counter() - start < seconds:
            cut(data)
            count += 1
        done.append(count)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


def throughput(options: argparse.Namespace) -> list[dict[str, object]]:
    rows = []
    for name in options.models:
        shaped = name if name == "cutoutd-small" else f"{name}-shape"
        sides = {"ours": ours(options.folder, shaped, options)}
        if options.rembg and name in SHAPES:
            sides["rembg"] = theirs(options.folder, name)
        for megapixels in options.megapixels:
            data, _ = photo(megapixels, options.photo)
            for callers in options.callers or CALLERS[megapixels]:
                rates: dict[str, list[float]] = {side: [] for side in sides}
                for _ in range(options.rounds):
                    for side, cut in sides.items():
                        rates[side].append(rate(cut, data, callers, options.seconds))
                row: dict[str, object] = {"model": name, "MP": megapixels, "callers": callers}
                if options.slots:
                    row["slots"] = options.slots
                row |= {side: round(statistics.median(r), 2) for side, r in rates.items()}
                if "rembg" in rates:
                    pairs = zip(rates["ours"], rates["rembg"], strict=True)
                    row["ratio"] = round(statistics.median(a / b for a, b in pairs), 2)
                print(json.dumps(row), flush=True)
                rows.append(row)
    return rows


def child(what: str, who: str, name: str, options: argparse.Namespace) -> dict[str, float]:
    """Run one measurement in a process of its own and read what it prints."""
    command = [sys.executable, __file__, what, "--who", who, "--models", name]
    command += ["--folder", str(options.folder), "--provider", options.provider]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def open_model(
    who: str, name: str, folder: Path, provider: ProviderName
) -> Callable[[np.ndarray], object]:
    if who == "rembg":
        os.environ["U2NET_HOME"] = str(folder)
        import rembg

        session = rembg.new_session(name)
        return lambda rgb: session.predict(Image.fromarray(rgb))
    from cutoutd.segmentation.graphs import PreparedGraphs
    from cutoutd.segmentation.runtimes.runner import RunnerOptions
    from cutoutd.segmentation.session import open_session

    sessions = Sessions(SegmentationOptions(folder=folder))
    spec = sessions.registry.named(name if name == "cutoutd-small" else f"{name}-shape")
    graphs = PreparedGraphs(folder / ".prepared")
    weights = sessions.weights.require(spec)
    return open_session(spec, weights, RunnerOptions(provider=provider, graphs=graphs)).predict


def measure_one(options: argparse.Namespace, what: str) -> dict[str, float]:
    """In a child: open one model, make masks, and say how long and how much memory it took."""
    (name,) = options.models
    if options.who == "rembg":
        import rembg  # noqa: F401 - importing is not part of opening a session
    else:
        from cutoutd.segmentation.runtimes.onnx import onnxruntime

        onnxruntime()
    start = time.perf_counter()
    predict = open_model(options.who, name, options.folder, options.provider)
    if what == "restart":
        return {"ms": (time.perf_counter() - start) * 1000}
    rgb = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), np.uint8)
    with ThreadPoolExecutor(2) as callers:
        list(callers.map(predict, [rgb] * 6))
    return {"mb": peak_megabytes()}


def restart(options: argparse.Namespace) -> list[dict[str, object]]:
    """Opening a session without a prepared graph, with it, and rembg's; and whole processes."""
    rows = []
    for name in options.models:
        times: dict[str, list[float]] = {"first": [], "again": [], "rembg": []}
        whole: dict[str, list[float]] = {"again": [], "rembg": []}
        for _ in range(options.rounds):
            for graph in (options.folder / ".prepared").glob(f"{name}*"):
                shutil.rmtree(graph, ignore_errors=True)
            times["first"].append(child("restart", "ours", name, options)["ms"])
            for who in ("ours", "rembg") if options.rembg and name in SHAPES else ("ours",):
                start = time.perf_counter()
                kind = "again" if who == "ours" else who
                times[kind].append(child("restart", who, name, options)["ms"])
                whole[kind].append((time.perf_counter() - start) * 1000)
        row: dict[str, object] = {"model": name}
        row |= {f"{k} ms": round(statistics.median(v)) for k, v in times.items() if v}
        row |= {f"{k} process ms": round(statistics.median(v)) for k, v in whole.items() if v}
        if times["rembg"]:
            for label, kinds in (("again / rembg", times), ("process ratio", whole)):
                pairs = zip(kinds["again"], kinds["rembg"], strict=True)
                row[label] = round(statistics.median(a / b for a, b in pairs), 2)
        print(json.dumps(row), flush=True)
        rows.append(row)
    return rows


def memory(options: argparse.Namespace) -> list[dict[str, object]]:
    rows = []
    for name in options.models:
        row: dict[str, object] = {"model": name}
        row["ours MB"] = round(child("memory", "ours", name, options)["mb"])
        if options.rembg and name in SHAPES:
            row["rembg MB"] = round(child("memory", "rembg", name, options)["mb"])
            row["ratio"] = round(float(str(row["ours MB"])) / float(str(row["rembg MB"])), 2)
        print(json.dumps(row), flush=True)
        rows.append(row)
    return rows


def latency(options: argparse.Namespace) -> list[dict[str, object]]:
    """Percentiles when pictures arrive evenly at 60 % of the rate that four callers reach."""
    rows = []
    for name in options.models:
        shaped = name if name == "cutoutd-small" else f"{name}-shape"
        cut = ours(options.folder, shaped, options)
        data, _ = photo(options.megapixels[0], options.photo)
        arrivals = 0.6 * rate(cut, data, 4, options.seconds)
        spent: list[float] = []

        def timed(due: float, cut: Cut = cut, data: bytes = data, to: list = spent) -> None:
            cut(data)
            to.append((time.perf_counter() - due) * 1000)

        count = max(20, round(arrivals * options.seconds * 4))
        start = time.perf_counter()
        with ThreadPoolExecutor(16) as callers:
            for number in range(count):
                due = start + number / arrivals
                time.sleep(max(0.0, due - time.perf_counter()))
                callers.submit(timed, due)
        row: dict[str, object] = {"model": name, "MP": options.megapixels[0]}
        row |= {"images/s": round(arrivals, 2), "count": count}
        row |= {f"p{p} ms": round(float(np.percentile(spent, p))) for p in (50, 95, 99)}
        print(json.dumps(row), flush=True)
        rows.append(row)
    return rows


MEASURES = {"throughput": throughput, "restart": restart, "memory": memory, "latency": latency}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="*", help=f"of {', '.join(MEASURES)}; default: all of them")
    parser.add_argument("--photo", help="JPEG to enlarge; default: a drawn one")
    parser.add_argument("--models", nargs="+", default=["cutoutd-small", *SHAPES])
    parser.add_argument("--megapixels", nargs="+", type=int, choices=CALLERS, default=[2, 12])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rembg", action="store_true", help="beside rembg, if installed")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "cutoutd-bench"
    )
    parser.add_argument("--who", choices=("ours", "rembg"), help=argparse.SUPPRESS)
    parser.add_argument("--slots", type=int, default=0, help="pictures in the network at once")
    parser.add_argument("--callers", nargs="+", type=int)
    parser.add_argument("--provider", type=ProviderName, default=ProviderName.CPU)
    parser.add_argument("--output", type=Path, help="default: results/models.json, models-mnn.json")
    options = parser.parse_args()
    if options.output is None:
        mnn = options.provider is ProviderName.MNN
        options.output = RESULTS.with_name("models-mnn.json") if mnn else RESULTS
    options.folder.mkdir(exist_ok=True)
    if options.who:
        print(json.dumps(measure_one(options, options.what[0])))
        return
    describe(folder_with_networks(options.folder, options.photo))
    for what in options.what or MEASURES:
        record(options.output, what, MEASURES[what](options))


def record(path: Path, what: str, rows: list[dict[str, object]]) -> None:
    """Put these rows in the place of those with the same model, size and callers."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    old = kept.get(what, {}).get("rows", [])
    new = {tuple(row.get(key) for key in KEYS): row for row in [*old, *rows]}
    kept[what] = {**facts(), "rows": list(new.values())}
    path.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
