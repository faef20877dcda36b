"""Who watches while processes die: the receiver of the webhooks, the reader of every file."""

import base64
import io
import json
import random
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from tests.jobs.receiver import Answer, Received

Json = dict[str, Any]


def small_picture(number: int) -> str:
    """A data URI of an image that no other number has."""
    file = io.BytesIO()
    luck = random.Random(number)
    Image.frombytes("RGB", (48, 48), luck.randbytes(48 * 48 * 3)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


class FlakyReceiver:
    """Refuses the first attempt of three webhooks in ten, and remembers everything."""

    def __init__(self) -> None:
        self.ids: dict[int, set[str]] = defaultdict(set)
        self.accepted: dict[int, list[Json]] = defaultdict(list)
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def decide(self, request: Received) -> Answer:
        body = json.loads(request.body)
        webhook_id = request.headers["webhook-id"]
        with self._lock:
            self.ids[body["id"]].add(webhook_id)
            first, _ = webhook_id not in self._seen, self._seen.add(webhook_id)
            if first and zlib.crc32(webhook_id.encode()) % 10 < 3:
                return Answer(500)
            self.accepted[body["id"]].append(body)
        return Answer()


class FolderWatch:
    """Reads every artifact again and again; each must be whole whenever it is there."""

    def __init__(self, folder: Path) -> None:
        self.reads = 0
        self.torn: list[str] = []
        self._folder = folder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(0.2):
            for file in self._folder.glob("generations/*.png"):
                self.reads += 1
                if not is_whole_png(file.read_bytes()):
                    self.torn.append(file.name)


def is_whole_png(data: bytes) -> bool:
    """Every checksum right, to the last chunk."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.verify()
        return data.endswith(b"IEND\xaeB`\x82")
    except (OSError, SyntaxError, ValueError):
        return False


class Caller:
    """Submits until it is sure of having been heard, as an idempotency key allows."""

    def __init__(self, http: httpx.Client, webhook: str) -> None:
        self._http = http
        self._webhook = webhook

    @classmethod
    @contextmanager
    def at(cls, base: str, *, webhook: str) -> Iterator["Caller"]:
        """A caller of the server at `base`, whose connections end with the block."""
        with httpx.Client(base_url=base, timeout=10) as http:
            yield cls(http, webhook)

    def submit(self, number: int) -> int:
        """The id of the job that this number became."""
        body = {"image": small_picture(number), "webhook": self._webhook}
        answer = self._insist("POST", "/v1/jobs", json=body, key=f"chaos-{number}")
        return int(answer["id"])

    def job(self, job_id: int) -> Json:
        """The job as it is now."""
        return self._insist("GET", f"/v1/jobs/{job_id}")

    def file(self, url: str) -> bytes:
        """A finished image."""
        answer = self._http.get(url)
        assert answer.status_code == 200, answer.text
        return answer.content

    def _insist(self, method: str, path: str, *, key: str = "", json: Json | None = None) -> Json:
        headers = {"idempotency-key": key} if key else {}
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = self._http.request(method, path, json=json, headers=headers)
                if answer.status_code < 300:
                    found: Json = answer.json()
                    return found
                assert answer.status_code in (429, 503), answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{method} {path} was never answered"
            time.sleep(0.1)
