"""Thousands of mixed requests at eight connections; memory, threads and files must stay flat.

    python benchmarks/soak.py [requests] [--memory-mb N]      make soak

Sizes from 0.1 to 12 megapixels, three formats, matting on and off, one in ten hostile. Prints
and writes results/soak.json: resident memory of all processes after the first tenth and at the
end, its ceiling beside the budget, threads, file descriptors, statuses, and how long `/livez`
took meanwhile. Ends with an error if a promise is broken.
"""

import argparse
import io
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.fuzz.pictures import odd  # noqa: E402 - The path comes first.
from tests.running import Running, running_process  # noqa: E402
from tests.weighing import weigh  # noqa: E402

CONNECTIONS = 8
SIZES = {(400, 300): 70, (800, 600): 20, (1600, 1200): 8, (4000, 3000): 2}
"""Pixels, and how often of 100."""
EXPECTED = {200, 400, 413, 415, 422, 503}
GROWTH = 0.05


def pictures() -> list[bytes]:
    """Each size as JPEG, PNG and WebP: a bright disc before a gradient."""
    files = []
    for (width, height), share in SIZES.items():
        y, x = np.mgrid[0:height, 0:width]
        disc = np.hypot(x - width / 2, y - height / 2) < height / 3
        pixels = np.dstack([x * 255 // width, y * 255 // height, disc * 180]).astype(np.uint8)
        for kind in ("JPEG", "PNG", "WEBP"):
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, kind)
            files += [file.getvalue()] * share
    return files


class Watch:
    """Looks at the server while it works: its ceiling, and how fast it says that it lives."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.ceiling = 0
        self.livez_ms: list[float] = []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._weigh), threading.Thread(target=self._ask)]

    def __enter__(self) -> Self:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _weigh(self) -> None:
        while not self._done.wait(0.5):
            self.ceiling = max(self.ceiling, weigh(self.running.process.pid)["memory"])

    def _ask(self) -> None:
        with httpx.Client(base_url=self.running.base, timeout=30) as http:
            while not self._done.wait(0.05):
                began = time.perf_counter()
                http.get("/livez").raise_for_status()
                self.livez_ms.append((time.perf_counter() - began) * 1e3)


def send(http: httpx.Client, number: int, good: list[bytes], bad: list[bytes]) -> int:
    """One request of the mix; returns its status, or 0 for a refusal without Retry-After."""
    chance = random.Random(number)
    data = chance.choice(bad) if number % 10 == 0 else chance.choice(good)
    fields = {"alpha_matting": "true"} if number % 4 == 1 else {}
    answer = http.post("/v1/remove-background", files={"image": ("p", data)}, data=fields)
    return (
        0
        if answer.status_code == 503 and "retry-after" not in answer.headers
        else answer.status_code
    )


def soak(running: Running, count: int) -> dict[str, Any]:
    """Send the mix; weigh before, after the first tenth and after the rest."""
    good, bad = pictures(), list(odd().values())
    statuses: Counter[int] = Counter()

    def run(numbers: range) -> None:
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            statuses.update(threads.map(lambda n: send(http, n, good, bad), numbers))

    limits = httpx.Limits(max_connections=CONNECTIONS)
    with httpx.Client(base_url=running.base, timeout=600, limits=limits) as http:
        run(range(count // 10))
        time.sleep(2)
        early = weigh(running.process.pid)
        began = time.monotonic()
        with Watch(running) as watch:
            run(range(count // 10, count))
        took = time.monotonic() - began
        time.sleep(2)
    late = weigh(running.process.pid)
    livez = statistics.quantiles(watch.livez_ms, n=100)
    return {
        "requests": count,
        "per_second": round((count - count // 10) / took, 2),
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "after_first_tenth": early,
        "after_all": late,
        "growth": round(late["memory"] / early["memory"] - 1, 4),
        "ceiling_bytes": watch.ceiling,
        "livez_ms": {"p50": round(livez[49], 1), "p99": round(livez[98], 1)},
    }


def main() -> int:
    """Run it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", type=int, nargs="?", default=10_000)
    parser.add_argument("--memory-mb", type=int, default=4000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"memory_mb": str(options.memory_mb), "sync_wait_s": "100", "keep_hours": "0.02"}
        with running_process(Path(folder) / "data", **settings) as running:
            found = soak(running, options.requests)
    found["budget_bytes"] = options.memory_mb * 1_000_000
    broken = [
        *(f"status {status}" for status in found["statuses"] if int(status) not in EXPECTED),
        *(["growth"] if found["growth"] > GROWTH else []),
        *(["ceiling"] if found["ceiling_bytes"] > found["budget_bytes"] else []),
        *(
            ["threads"]
            if found["after_all"]["threads"] > found["after_first_tenth"]["threads"]
            else []
        ),
        *(["files"] if found["after_all"]["files"] > found["after_first_tenth"]["files"] else []),
    ]
    found["broken"] = broken
    print(json.dumps(found, indent=2))
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "soak.json").write_text(json.dumps(found, indent=2) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
