"""Two installed versions side by side: the same images through the Python API, in turns.

    python benchmarks/versions.py BEFORE AFTER

Both are Python interpreters of environments that have cutoutd. Each is one process for all cases,
warmed once; every case is done by the one and then by the other, so that a bad minute of a
shared machine meets both. Printed: medians, and the median of the ratios of the pairs.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.photos import photo

WORKER = """
import sys, time
from cutoutd import remove_background
import cutoutd
if hasattr(cutoutd, "Remover"):  # Since 0.3.
    options = {
        "cutout": {}, "mask": {"outputs": "mask"}, "fast": {"matting": "fast"},
        "jpeg": {"format": "jpeg"}, "webp": {"format": "webp"},
    }
else:
    options = {
        "cutout": {}, "mask": {"only_mask": True}, "fast": {"alpha_matting": True},
        "jpeg": {"image_format": "jpeg"}, "webp": {"image_format": "webp"},
    }
for line in sys.stdin:
    kind, _, name = line.strip().partition(" ")
    data = open(name, "rb").read()
    start = time.perf_counter()
    bytes(remove_background(data, **options[kind]))
    print(time.perf_counter() - start, flush=True)
"""
CASES = (
    (0.06, "cutout"),
    (0.5, "cutout"),
    (2, "cutout"),
    (2, "mask"),
    (2, "fast"),
    (2, "jpeg"),
    (2, "webp"),
    (12, "cutout"),
    (12, "mask"),
    (12, "fast"),
    (24, "cutout"),
)
"""Megapixels, and what is asked."""


class Version:
    """A process with one of the versions."""

    def __init__(self, interpreter: str) -> None:
        isolated = [interpreter, "-I", "-c", WORKER]  # No PYTHONPATH: each has its own code.
        self._process = subprocess.Popen(
            isolated, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self, kind: str, file: Path) -> float:
        """How long one image takes, by the clock, from its bytes to the bytes of the result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(kind, file, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


def measure(before: Version, after: Version, *, pairs: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder) / f"{size}.jpg" for size, _ in CASES}
        for size, file in files.items():
            file.write_bytes(photo(size, None)[0])
        times: dict[tuple[float, str], list[tuple[float, float]]] = {case: [] for case in CASES}
        for turn in range(pairs + 1):
            for size, kind in CASES:
                order = (before, after) if turn % 2 else (after, before)
                took = [version.seconds(kind, files[size]) for version in order]
                if turn:
                    times[size, kind].append((took[0], took[1]) if turn % 2 else (took[1], took[0]))
    print("| MP | asked | before, ms | after, ms | ratio |\n|---|---|---|---|---|")
    for (size, kind), taken in times.items():
        medians = [1000 * statistics.median(side) for side in zip(*taken, strict=True)]
        ratio = statistics.median(one / other for one, other in taken)
        print(f"| {size:g} | {kind} | {medians[0]:.0f} | {medians[1]:.0f} | {ratio:.2f} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", help="a Python with the older version")
    parser.add_argument("after", nargs="?", default=sys.executable)
    parser.add_argument("--pairs", type=int, default=11)
    asked = parser.parse_args()
    versions = [Version(asked.before), Version(asked.after)]
    measure(*versions, pairs=asked.pairs)
    for version in versions:
        version.close()


if __name__ == "__main__":
    main()
