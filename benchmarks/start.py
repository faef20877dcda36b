"""What starting costs: importing, `--help`, until a server is ready, and the first image.

    python benchmarks/start.py [--rounds 5] [--modules 15]

Prints seconds by the clock and CPU seconds of the process and all it starts (medians), then the
modules that the server imports dearest by themselves, as `python -X importtime` counts them. Each
is a process of its own. `first` is a start with an empty data folder, `second` one after it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import httpx  # noqa: E402 - The path comes first.
from benchmarks.machine import facts, refuse_busy  # noqa: E402
from benchmarks.photos import photo  # noqa: E402
from tests.running import running_process  # noqa: E402

RESULT = Path(__file__).parent / "results" / "start.json"
PROGRAMS = {
    "import cutoutd": ("-c", "import cutoutd"),
    "the library": ("-c", "from cutoutd import remove_background"),
    "cutoutd --help": ("-m", "cutoutd", "--help"),
    "what a worker imports": ("-c", "import cutoutd.cli.worker, cutoutd.server.wiring"),
    "what a server imports": ("-c", "import cutoutd.cli.serve, cutoutd.server.app"),
}
SERVER = PROGRAMS["what a server imports"]
Spent = tuple[float, float]


def run(words: tuple[str, ...]) -> Spent:
    """Seconds by the clock and of the CPU, of one process from its start to its end."""
    began, before = time.perf_counter(), _children_seconds()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - began, _children_seconds() - before


def serve(data_dir: Path) -> tuple[Spent, float]:
    """A server until it is ready, and the seconds of its first image. CPU: until it ended."""
    began, before = time.perf_counter(), _children_seconds()
    data = photo(0.5, None)[0]
    with running_process(data_dir) as running:
        ready = time.perf_counter() - began
        asked = time.perf_counter()
        answer = httpx.post(
            f"{running.base}/v1/remove-background", files={"image": ("a.jpg", data)}, timeout=60
        )
        answer.raise_for_status()
        first = time.perf_counter() - asked
    return (ready, _children_seconds() - before), first


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def starts(folder: Path) -> dict[str, Spent]:
    """A first and a second start in one data folder, each with its first image."""
    found: dict[str, Spent] = {}
    for name in ("first", "second"):
        found[f"{name} start, ready"], image = serve(folder / "data")
        found[f"{name} start, first image"] = (image, 0.0)
    return found


def medians(measure: Callable[[], dict[str, Spent]], rounds: int) -> dict[str, list[float]]:
    """Of each name, of the clock and of the CPU."""
    rows = [measure() for _ in range(rounds)]
    return {
        name: [
            statistics.median(column) for column in zip(*(row[name] for row in rows), strict=True)
        ]
        for name in rows[0]
    }


def dearest(count: int) -> list[tuple[str, float]]:
    """The modules that take longest by themselves: milliseconds."""
    said = subprocess.run(
        [sys.executable, "-X", "importtime", *SERVER],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ).stderr
    found = []
    for line in said.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdecimal():
            found.append((rest.partition("|")[2].strip(), int(own) / 1000))
    return sorted(found, key=lambda one: -one[1])[:count]


def main() -> None:
    """Measure, print and keep."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--modules", type=int, default=15)
    options.add_argument("--busy", action="store_true", help="measure whatever the load")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # What is installed has its bytecode.
    if not chosen.busy:
        refuse_busy()
    record = {**facts(), "rounds": chosen.rounds}
    spent = medians(lambda: {name: run(words) for name, words in PROGRAMS.items()}, chosen.rounds)
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(chosen.rounds))
        spent |= medians(lambda: starts(_made(Path(folder) / str(next(numbers)))), chosen.rounds)
    modules = dearest(chosen.modules)
    print("| | seconds | CPU seconds |\n|---|---|---|")
    for name, (clock, busy) in spent.items():
        print(f"| {name} | {clock:.2f} | {f'{busy:.2f}' if busy else ''} |")
    print("\n" + "\n".join(f"{own:8.1f} ms  {name}" for name, own in modules))
    RESULT.write_text(json.dumps({**record, "spent": spent, "modules": modules}, indent=1) + "\n")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
