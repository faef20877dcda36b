"""What one job costs where one process does everything: `cutoutd serve` with SQLite and files."""

import json
import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from benchmarks.scale import meters
from benchmarks.scale.deployment import START_S
from tests.chaos.processes import Web
from tests.scenes import ball, encoded

WIDTH, HEIGHT = 1632, 1224
"""px: two megapixels."""


def measure_embedded(jobs: int) -> dict[str, Any]:
    """Of a drawn image of two megapixels with the embedded model: submitted, ended, downloaded."""
    photo = encoded(ball(WIDTH, HEIGHT), "JPEG", quality=92)
    with tempfile.TemporaryDirectory(prefix="cutoutd-scale-") as name:
        folder = Path(name)
        os.environ["CUTOUTD_COUNTS"] = str(folder / "counts.json")
        web = Web(
            folder, module="benchmarks.scale.counted", data_dir=str(folder / "data"), isolate="true"
        )
        del os.environ["CUTOUTD_COUNTS"]
        try:
            web.wait_until_ready(START_S)
            with httpx.Client(base_url=web.base, timeout=600) as http:
                _cut(http, photo)
                before = _read(web, folder)
                made = [_cut(http, photo) for _ in range(jobs)]
                spent = _read(web, folder)
        finally:
            web.stop()
    spent.subtract(before)
    return {
        "bytes_in": len(photo),
        "bytes_out": len(made[0]),
        **{name: count / jobs for name, count in sorted(spent.items())},
    }


def _cut(http: httpx.Client, photo: bytes) -> bytes:
    answer = http.post(
        "/v1/jobs", params={"wait": 60}, files={"image": ("photo.jpg", photo, "image/jpeg")}
    )
    job = answer.raise_for_status().json()
    return http.get(job["images"][0]["url"]).raise_for_status().content


def _read(web: Web, folder: Path) -> Counter[str]:
    """Used so far; waits until the process has written what it counted."""
    place = folder / "counts.json"
    place.unlink(missing_ok=True)
    time.sleep(1)  # Its last transactions come after the answer.
    os.kill(web.pid, signal.SIGUSR1)
    while True:
        try:
            counts = Counter(json.loads(place.read_text()))
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
        else:
            break
    counts["cpu_ms"] = round(1e3 * meters.cpu_s(web.pid))
    counts["written_bytes"] = meters.written_bytes(web.pid)
    return counts
