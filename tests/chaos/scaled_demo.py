"""`python -m tests.chaos.scaled_demo`: the scaled deployment on this machine, with an accident.

PostgreSQL, an S3-compatible server, one web process without workers and two workers. Images
are posted as a ModelsLab client posts them, one worker is killed in the middle, and every
image is fetched from the bucket by its presigned link.
"""

import argparse
import base64
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from tests.chaos.processes import Process, Web
from tests.postgres import cluster
from tests.scenes import ball, encoded
from tests.storage.s3_server import CREDENTIALS, new_bucket, s3_endpoint

PATIENCE_S = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--photos", type=Path, help="a folder of photos, instead of drawn scenes")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cutoutd-demo-") as name,
        cluster(durable=True) as server,
        s3_endpoint() as endpoint,
    ):
        os.environ.update(CREDENTIALS)
        folder = Path(name)
        settings = {
            "database_url": server.create(),
            "storage_url": f"s3://{new_bucket(endpoint)}/demo",
            "storage_endpoint": endpoint,
        }
        web = Web(folder, data_dir=str(folder / "web"), **settings)
        web.wait_until_ready()
        workers = [
            Process(
                "worker", folder, f"worker-{n}", data_dir=str(folder / f"worker-{n}"), **settings
            )
            for n in (1, 2)
        ]
        seconds = _play(web, workers[0], list(islice(_pictures(asked.photos), asked.pictures)))
        for process in (*workers, web):
            process.stop()
    _say(f"{asked.pictures} images in {seconds:.1f} s; one worker was killed, none was lost")
    return 0


def _play(web: Web, victim: Process, pictures: list[bytes]) -> float:
    began = time.monotonic()
    with httpx.Client(base_url=web.base, timeout=60) as http:
        answers = [_post(http, picture) for picture in pictures]
        _say(f"{len(answers)} accepted, eta of the last {answers[-1]['eta']} s")
        for number, (answer, picture) in enumerate(zip(answers, pictures, strict=True)):
            if number == len(pictures) // 2:
                victim.kill()
                _say(f"killed a worker after {number} images")
            _check(_fetched(http, answer), picture)
    return time.monotonic() - began


def _post(http: httpx.Client, picture: bytes) -> dict[str, Any]:
    body = {
        "key": "any",
        "image": "data:image/jpeg;base64," + base64.b64encode(picture).decode(),
        "instant_response": True,
    }
    answer: dict[str, Any] = http.post("/api/v6/image_editing/removebg_mask", json=body).json()
    assert answer["status"] == "processing", answer
    return answer


def _fetched(http: httpx.Client, answer: dict[str, Any]) -> bytes:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        now = http.post(answer["fetch_result"], json={"key": "any"}).json()
        if now["status"] == "success":
            return httpx.get(now["output"][0]).raise_for_status().content
        assert now["status"] == "processing", now
        time.sleep(0.1)
    raise AssertionError(f"job {answer['id']} did not end")


def _check(cutout: bytes, picture: bytes) -> None:
    with Image.open(io.BytesIO(cutout)) as made, Image.open(io.BytesIO(picture)) as source:
        assert made.mode == "RGBA"
        assert made.size == source.size


def _pictures(folder: Path | None) -> Iterator[bytes]:
    if folder is not None:
        return cycle(file.read_bytes() for file in sorted(folder.glob("*.jpg")))
    return (encoded(ball(640 + 8 * number, 480), "JPEG") for number in count())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
