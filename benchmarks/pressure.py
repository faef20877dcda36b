"""A server with every slot busy and a full queue: does it say that it lives, and keep its word?

    python benchmarks/pressure.py [--seconds 30] [--connections 16] [--pause-ms 100]

wrk (Debian: apt-get install wrk) submits pictures over all connections, many more than are worked
on, while another wrk asks `/livez`. Prints the latencies of `/livez` idle and under pressure, how
many jobs were accepted, how many refused and how many of those without a Retry-After, and what
became of the accepted ones. Ends with an error if a promise is broken.
"""

import argparse
import base64
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.running import Running, running_process  # noqa: E402 - The path comes first.

from cutoutd.jobs.census import take_census  # noqa: E402
from cutoutd.jobs.database import open_database  # noqa: E402

LIVEZ_MS = 50.0
WAITING = 20
PATIENCE_S = 300.0
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def submission() -> bytes:
    """The body of a job: a drawn photo of 1600 by 1200."""
    y, x = np.mgrid[0:1200, 0:1600]
    disc = np.hypot(x - 800, y - 600) < 400
    pixels = np.dstack([x * 255 // 1600, y * 255 // 1200, disc * 180]).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    picture = base64.b64encode(file.getvalue()).decode()
    return json.dumps({"image": f"data:image/jpeg;base64,{picture}"}).encode()


def livez(running: Running, seconds: int) -> dict[str, float]:
    """Percentiles in milliseconds, as wrk measures them, asking about a hundred times a second."""
    probe = str(Path(__file__).with_name("probe.lua"))
    options = ["-t1", "-c2", f"-d{seconds}s", "--latency", "-s", probe]
    command = ["wrk", *options, f"{running.base}/livez"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s)$", said, re.MULTILINE)
    return {f"p{percent}": round(float(n) * _UNITS[unit], 2) for percent, n, unit in found}


def submitting(
    running: Running, body: Path, seconds: int, connections: int, pause_ms: int
) -> "subprocess.Popen[str]":
    """wrk, which goes on for this long."""
    script = str(Path(__file__).with_suffix(".lua"))
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "-s", script]
    command = ["wrk", *options, f"{running.base}/v1/jobs", "--", str(body), str(pause_ms)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for(running: Running, what: str) -> None:
    """Until `/readyz` counts so many waiting jobs that new ones are refused, or none."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ready = httpx.get(f"{running.base}/readyz", timeout=30).status_code == 200
        if ready == (what == "room"):
            return
        time.sleep(0.1)
    raise AssertionError(f"the server never had {what}")


def press(running: Running, options: argparse.Namespace) -> dict[str, Any]:
    """Idle first, then with the queue full."""
    body = running.folder.with_name("body.json")
    body.write_bytes(submission())
    found: dict[str, Any] = {"livez_idle_ms": livez(running, 5)}
    posts = submitting(running, body, options.seconds + 15, options.connections, options.pause_ms)
    wait_for(running, "a full queue")
    found["livez_ms"] = livez(running, options.seconds)
    said, _ = posts.communicate()
    found |= json.loads(said.strip().splitlines()[-1])
    return found


def ends(running: Running) -> dict[str, int]:
    """How many jobs ended how, once none is left."""
    database = open_database("", running.folder)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        counts = {
            str(status): n for status, n in take_census(database, ended=True).jobs.items() if n
        }
        if not counts.keys() & {"queued", "running"} or time.monotonic() > deadline:
            database.close()
            return counts
        time.sleep(0.2)


def main() -> int:
    """Run it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pause-ms", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with running_process(data, max_waiting=str(WAITING), log_level="error") as running:
            found = press(running, options)
            found["ends"] = ends(running)
    broken = [
        *(["livez"] if found["livez_ms"]["p99"] > LIVEZ_MS else []),
        *(["retry-after"] if found["refused_without_retry_after"] or not found["refused"] else []),
        *(["status"] if found["other"] else []),
        *(["ends"] if set(found["ends"]) != {"succeeded"} else []),
    ]
    found["broken"] = broken
    print(json.dumps(found, indent=2))
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "pressure.json").write_text(
        json.dumps(found, indent=2) + "\n"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
