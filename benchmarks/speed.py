"""How fast: the whole pipeline beside rembg's, in one process, taking turns.

Both load the same ONNX file, get the same JPEG bytes and write PNG bytes. Each case is run in
pairs, ours and theirs in alternating order, and the cases take turns as well, so that a bad minute
of a shared machine meets a pair or two of each; the figure is the median of the pairs' ratios.
Peak memory is measured in child processes that do one case and nothing else.

    python benchmarks/speed.py [--pairs 11] [--cases 2mp 12mp ...] [--photo fur.jpg] [--memory]

With `--provider mnn` ours runs the network on MNN, in float32 as before, and rembg as ever; what
does not depend on the network is left out, and the record is results/speed-mnn.json.
"""

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageKind, Matting, MattingMode, Output, RemoveBackground, Source
from cutoutd.imaging.decode import decode
from cutoutd.imaging.png import encode_png
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.model import ImagingLimits, Segmenter
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec, Scale
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session
from machine import peak_megabytes
from networks import SIDES, write
from pictures import draw

HERE = Path(__file__).parent
CACHE = HERE / "cache"
SOURCES = (Source(artifact="photo"),)
MASK = (Output(kind=ImageKind.MASK),)
THREADS = len(os.sched_getaffinity(0))
set_num_threads(THREADS)
LIMITS = ImagingLimits(matting_seconds=600, matting_bytes=16_000_000_000, max_pixels=100_000_000)
BYTES_PER_PIXEL = 0.3
"""Of a camera's JPEG; grain is added until the photo has as many, so that PNG is not flattered."""

SIZE = SIDES["u2net"]
Work = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One line of the table: what is asked of both, at which size, and the ratio promised."""

    name: str
    megapixels: float
    must: float
    ours: RemoveBackground
    theirs: dict[str, bool]
    pairs: int = 0
    """Where rembg takes minutes, fewer than asked for, and no run beforehand."""


def command(matting: MattingMode | None = None, *, only_mask: bool = False) -> RemoveBackground:
    """What is asked of ours."""
    return RemoveBackground(
        sources=SOURCES,
        matting=None if matting is None else Matting(mode=matting),
        outputs=MASK if only_mask else (Output(),),
    )


FAST, EXACT = command(MattingMode.FAST), command(MattingMode.EXACT)
CASES = [
    Case("0.5mp", 0.5, 1.0, command(), {}),
    Case("2mp", 2, 1.7, command(), {}),
    Case("12mp", 12, 4, command(), {}),
    Case("24mp", 24, 7, command(), {}),
    Case("12mp-mask", 12, 1.5, command(only_mask=True), {"only_mask": True}),
    Case("2mp-fast", 2, 6, FAST, {"alpha_matting": True}),
    Case("2mp-exact", 2, 2.2, EXACT, {"alpha_matting": True}),
    Case("12mp-fast", 12, 10, FAST, {"alpha_matting": True}, pairs=1),
    Case("12mp-exact", 12, 2.3, EXACT, {"alpha_matting": True}, pairs=1),
]


@cache
def photo(megapixels: float, path: str | None) -> tuple[bytes, NDArray[np.float32]]:
    """JPEG bytes of that size, and the mask that the network shall find in it."""
    stored = CACHE / f"{Path(path).stem if path else 'drawn'}-{megapixels:g}.jpg"
    if stored.exists():  # So that a child's peak memory is not that of making the photo.
        return stored.read_bytes(), np.load(stored.with_suffix(".npy"))
    if path is None:
        drawn = draw("fur", 1, 1600, 1200)
        picture, found = Image.fromarray(drawn.shown), Image.fromarray(drawn.alpha.astype("f4"))
    else:
        picture = Image.open(path).convert("RGB")
        small = open_session(EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file)
        found = Image.fromarray(small.predict(np.asarray(picture)))
    mask = np.asarray(found.resize((SIZE, SIZE), Image.Resampling.BOX))
    mask = np.clip((mask - 0.5) * 2 + 0.5, 0, 1)  # As sure of itself as U²-Net is.
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    large = np.asarray(picture.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    grain = np.random.default_rng(0).normal(0, 1, (*large.shape[:2], 1)).astype(np.float32)
    for strength in range(1, 12):
        file = io.BytesIO()
        noisy = np.clip(large + grain * strength, 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(file, "JPEG", quality=90)
        if len(file.getvalue()) >= BYTES_PER_PIXEL * grain.size:
            break
    CACHE.mkdir(exist_ok=True)
    np.save(stored.with_suffix(".npy"), mask)
    stored.write_bytes(file.getvalue())
    return file.getvalue(), mask


@cache
def network(path: str | None) -> Path:
    """The file that both load."""
    file = CACHE / f"u2net-shaped-{Path(path).stem if path else 'drawn'}.onnx"
    if not file.exists():
        write("u2net", file, answer=photo(0.5, path)[1])
    return file


@cache
def our_session(path: str | None, provider: str) -> Session:
    """Ours, prepared as the product prepares it."""
    spec = ModelSpec(
        name="u2net-shaped",
        size=SIZE,
        scale=Scale.BRIGHTEST,
        stretch=True,
        reducing_gap=2.0,
        file=network(path).name,
        licence="none",
        commercial=True,
        source="benchmarks/networks.py",
    )
    graphs = PreparedGraphs(CACHE / "graphs")
    return open_session(
        spec,
        network(path),
        RunnerOptions(provider=ProviderName(provider), threads=THREADS, graphs=graphs),
    )


@cache
def their_session(path: str | None) -> object:
    """rembg's own session for a custom file, which must lie in its models folder."""
    import rembg

    os.environ["U2NET_HOME"] = str(CACHE)
    return rembg.new_session("u2net_custom", model_path=str(network(path)))


def our_work(
    case: Case, path: str | None, segmenter: Segmenter | None = None, *, provider: str = "cpu"
) -> Work:
    """One run of ours."""
    data, used = photo(case.megapixels, path)[0], segmenter or our_session(path, provider)

    def run() -> object:
        removal = remove_background(data, case.ours, used, limits=LIMITS)
        assert not removal.notes, removal.notes
        return removal

    return run


def their_work(case: Case, path: str | None) -> Work:
    """One run of rembg's."""
    import rembg

    data, session = photo(case.megapixels, path)[0], their_session(path)
    return lambda: rembg.remove(data, session=session, **case.theirs)


def seconds(work: Work) -> tuple[float, float]:
    """Of the clock, and of all cores together, that one run takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(
    works: dict[str, tuple[Work, Work]], pairs: int, *, warm: bool = True
) -> dict[str, dict[str, float]]:
    """Of each case, medians of ours and theirs and of the pairs' ratios, theirs over ours.

    `cpu_ratio` counts the work of all cores: other load on the machine hardly changes it.
    """
    rows: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in works}
    for number in range(-1 if warm else 0, pairs):
        for name, (ours, theirs) in works.items():
            if number % 2:
                mine, yours = seconds(ours), seconds(theirs)
            else:
                yours, mine = seconds(theirs), seconds(ours)
            if number >= 0:
                rows[name].append((*mine, *yours))
    return {
        name: {
            "pairs": pairs,
            "ours_s": statistics.median(row[0] for row in of_case),
            "theirs_s": statistics.median(row[2] for row in of_case),
            "ratio": statistics.median(row[2] / row[0] for row in of_case),
            "cpu_ratio": statistics.median(row[3] / row[1] for row in of_case),
        }
        for name, of_case in rows.items()
    }


def plain_cases(chosen: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    """The whole pipelines: those of seconds in turns, then each of minutes by itself."""
    path, provider = chosen.photo, chosen.provider
    cases = [case for case in CASES if case.name in chosen.cases]
    works = {
        case.name: (our_work(case, path, provider=provider), their_work(case, path))
        for case in cases
    }
    quick = {case.name: works[case.name] for case in cases if not case.pairs}
    found = compare(quick, chosen.pairs)
    for case in cases:
        if case.pairs:
            alone = {case.name: works[case.name]}
            found |= compare(alone, case.pairs, warm=False)
        row = {**found[case.name], "must": case.must}
        if chosen.memory:
            for side in ("ours", "theirs"):
                row[f"{side}_peak_mb"] = peak_of(case.name, side, path, provider)
        yield case.name, row


def network_seconds(path: str | None) -> float:
    """The network alone, as rembg runs it: the fastest of five runs."""
    session = onnxruntime.InferenceSession(network(path))
    tensor = np.zeros((1, 3, SIZE, SIZE), dtype=np.float32)
    return min(seconds(lambda: session.run(None, {"image": tensor}))[0] for _ in range(5))


def _without(bare: float, found: dict[str, float]) -> dict[str, float]:
    """What the network allows at most, and the ratio of all that is not the network."""
    ours, theirs = found["ours_s"], found["theirs_s"]
    rest = {"rest_ratio": (theirs - bare) / (ours - bare)} if min(ours, theirs) > bare else {}
    return {"network_s": bare, "limit": theirs / bare, **rest}


def in_two_threads(work: Work) -> Work:
    """Two callers at once, two pictures each."""

    def run() -> None:
        callers = [threading.Thread(target=lambda: (work(), work())) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()

    return run


def two_callers(
    path: str | None, pairs: int, provider: str
) -> Iterator[tuple[str, dict[str, float]]]:
    """Both sides with two callers at once, at 12 megapixels."""
    case = next(case for case in CASES if case.name == "12mp")
    ours = in_two_threads(our_work(case, path, provider=provider))
    theirs = in_two_threads(their_work(case, path))
    name = "two-callers-12mp"
    yield name, {**compare({name: (ours, theirs)}, max(2, pairs // 2))[name], "must": 2.8}


def special_cases(path: str | None, pairs: int) -> Iterator[tuple[str, dict[str, float]]]:
    """What is not a plain run of both: PNG alone, the embedded model, overhead, two callers."""
    small = next(case for case in CASES if case.name == "2mp")
    embedded = open_session(
        EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file, RunnerOptions(threads=THREADS)
    )
    pictures = {megapixels: finished(megapixels, path) for megapixels in (2, 12)}
    rows = compare(
        {
            "png-2mp": png_works(pictures[2]),
            "png-12mp": png_works(pictures[12]),
            "embedded-2mp": (our_work(small, path, embedded), their_work(small, path)),
            "overhead-2mp": (bare_work(pictures[2], path), our_work(small, path)),
        },
        pairs,
    )
    for megapixels, must in ((2, 15.0), (12, 25.0)):
        ours, theirs = (work() for work in png_works(pictures[megapixels]))
        size = {"size_ratio": len(ours) / len(theirs)}  # type: ignore[arg-type]
        yield f"png-{megapixels}mp", {**rows[f"png-{megapixels}mp"], **size, "must": must}
    yield "embedded-2mp", {**rows["embedded-2mp"], "must": 8.0}
    row = rows["overhead-2mp"]
    over = {"ours_s": row["theirs_s"], "bare_s": row["ours_s"], "ratio": row["ratio"]}
    yield "overhead-2mp", {"pairs": pairs, **over, "must": 1.25}
    yield from two_callers(path, pairs, "cpu")


def finished(megapixels: float, path: str | None) -> NDArray[np.uint8]:
    """The cutout of that size."""
    case = next(case for case in CASES if case.name == f"{megapixels}mp")
    data = our_work(case, path)().images[0].data  # type: ignore[attr-defined]
    return np.asarray(Image.open(io.BytesIO(data)))


def png_works(pixels: NDArray[np.uint8]) -> tuple[Work, Work]:
    """PNG alone, as ours and as Pillow writes it."""

    def pillows() -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    return (lambda: encode_png(pixels, level=1)), pillows


def bare_work(pixels: NDArray[np.uint8], path: str | None) -> Work:
    """No more than decoding 2 megapixels, session.run, and encoding that cutout of them."""
    data = photo(2, path)[0]
    tensor = np.zeros((1, 3, SIZE, SIZE), dtype=np.float32)
    session = onnxruntime.InferenceSession(network(path))

    def run() -> object:
        decode(data, max_pixels=LIMITS.max_pixels)
        session.run(None, {"image": tensor})
        return encode_png(pixels, level=1)

    return run


def peak_of(case: str, side: str, path: str | None, provider: str) -> float:
    """The most memory that a process of its own ever held, doing one case twice."""
    arguments = [sys.executable, __file__, "--child", case, side, "--provider", provider]
    arguments += ["--photo", path] if path else []
    return float(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


def child(name: str, side: str, path: str | None, provider: str) -> None:
    """Do one case twice and print this process's peak memory in MB."""
    case = next(case for case in CASES if case.name == name)
    work = our_work(case, path, provider=provider) if side == "ours" else their_work(case, path)
    work()
    work()
    print(peak_megabytes())


def main() -> None:
    """Measure what was asked for and write the record."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=11)
    options.add_argument("--cases", nargs="*", default=[case.name for case in CASES])
    options.add_argument("--photo", default=None, help="JPEG to enlarge; default: a drawn one")
    options.add_argument("--memory", action="store_true")
    options.add_argument("--keep", action="store_true", help="the other rows of the record")
    options.add_argument("--no-special", action="store_true")
    options.add_argument("--child", nargs=2)
    options.add_argument("--provider", choices=("cpu", "mnn"), default="cpu")
    options.add_argument("--out", type=Path, default=None)
    chosen = options.parse_args()
    if chosen.child:
        child(*chosen.child, chosen.photo, chosen.provider)
        return
    name = "speed.json" if chosen.provider == "cpu" else f"speed-{chosen.provider}.json"
    chosen.out = chosen.out or HERE / "results" / name
    rows = json.loads(chosen.out.read_text())["cases"] if chosen.keep else {}
    bare = network_seconds(chosen.photo)
    for name, row in plain_cases(chosen):
        rows[name] = {**row, **_without(bare, row)}
        save(chosen, rows)
        print(name, {key: round(value, 2) for key, value in rows[name].items()}, flush=True)
    if not chosen.no_special:
        special = (
            special_cases(chosen.photo, chosen.pairs)
            if chosen.provider == "cpu"
            else two_callers(chosen.photo, chosen.pairs, chosen.provider)
        )
        for name, row in special:
            rows[name] = row
            save(chosen, rows)
            print(name, {key: round(value, 2) for key, value in row.items()}, flush=True)


def save(chosen: argparse.Namespace, rows: dict[str, dict[str, float]]) -> None:
    """Write the record, after every row: what is measured stays."""
    record = {
        "machine": {"cpu": _cpu(), "threads": THREADS, "python": platform.python_version()},
        "versions": {
            "rembg": metadata.version("rembg"),
            "onnxruntime": onnxruntime.__version__,
            "numpy": np.__version__,
            "pillow": Image.__version__,
            **({"mnn": metadata.version("mnn")} if chosen.provider == "mnn" else {}),
        },
        "date": time.strftime("%Y-%m-%d"),
        "load_before": os.getloadavg()[0],
        "photo": Path(chosen.photo).name if chosen.photo else "drawn fur",
        "cases": rows,
    }
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} x {len(names)}" if names else platform.processor()


if __name__ == "__main__":
    main()
