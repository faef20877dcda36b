"""A stop by real signals: the first finishes what runs, the second gives it back."""

import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.here import cutoutd
from tests.inside import PHOTO
from tests.net.faulty_server import FaultyServer, ok, serve
from tests.running import Running, free_port, running_process

from cutoutd.jobs.database import open_database
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.jobs.store import JobStore

PATIENCE_S = 30.0


@contextmanager
def slow_source(release: threading.Event) -> Iterator[FaultyServer]:
    """A photo that is not sent before it is released."""

    def answer(connection: object) -> None:
        release.wait(PATIENCE_S)
        ok(PHOTO)(connection)  # type: ignore[arg-type]

    with serve(answer) as source:
        yield source
        release.set()


def submitted(running: Running, source: FaultyServer) -> int:
    """A job that runs: its image is being downloaded."""
    body = {"image": source.url("/p.jpg")}
    answer = httpx.post(f"{running.base}/v1/jobs", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 202, answer.text
    until = time.monotonic() + PATIENCE_S
    while not source.requests:
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(answer.json()["id"])


def job_in(data_dir: Path, job_id: int) -> Job:
    database = open_database("", data_dir)
    job = JobStore(database, render_webhook=lambda _: b"").get(job_id)
    database.close()
    return job


def await_refusal(running: Running) -> None:
    """Return when the server accepts nobody any more."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            httpx.get(f"{running.base}/livez", timeout=5)
        except httpx.TransportError:
            return
        time.sleep(0.01)
    raise AssertionError("the server goes on accepting")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_signal_ends_accepting_and_finishes_what_runs(data_dir: Path) -> None:
    release = threading.Event()
    with slow_source(release) as source, running_process(data_dir, isolate="false") as running:
        job_id = submitted(running, source)
        running.process.send_signal(signal.SIGTERM)
        await_refusal(running)
        assert running.process.poll() is None
        release.set()
        assert running.process.wait(PATIENCE_S) == 0
    job = job_in(data_dir, job_id)
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 1)


def test_a_second_signal_answers_who_waits_and_gives_back_what_runs(data_dir: Path) -> None:
    release = threading.Event()
    with (
        slow_source(release) as source,
        ThreadPoolExecutor(1) as threads,
        running_process(data_dir, isolate="false", stop_timeout_s="20") as running,
    ):
        path = f"{running.base}/api/v6/image_editing/removebg_mask"
        body = {"key": "k", "image": source.url("/q.jpg")}
        waiting = threads.submit(httpx.post, path, json=body, timeout=PATIENCE_S)
        job_id = submitted(running, source)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        await_refusal(running)
        running.process.send_signal(signal.SIGTERM)
        assert waiting.result().json()["status"] == "processing"
        assert running.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < 15
    assert job_in(data_dir, job_id).status is JobStatus.QUEUED


def test_metrics_have_a_port_that_asks_for_no_key(tmp_path: Path) -> None:
    port = free_port()
    words = ("--metrics-port", str(port))
    with running_process(tmp_path / "data", *words, api_keys="a-key-of-the-operator") as running:
        assert httpx.get(f"{running.base}/metrics").status_code == 401
        assert "cutoutd_ready 1.0" in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def test_where_no_key_is_the_first_start_prints_one_that_works_and_the_next_does_not(
    tmp_path: Path,
) -> None:
    settings = {"host": "0.0.0.0", "first_key": "true"}
    printed = re.compile(r"^  (cutoutd_\S{43})$", re.MULTILINE)
    with running_process(tmp_path / "data", **settings) as running:
        (key,) = printed.findall(running.log.read_text())
        assert httpx.get(f"{running.base}/v1/models").status_code == 401
    with running_process(tmp_path / "data", **settings) as running:
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{running.base}/metrics", headers=headers).status_code == 200
        assert printed.findall(running.log.read_text()) == []


def test_a_taken_port_for_metrics_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ("--port", str(free_port()), "--metrics-port", str(port))
        refused = cutoutd("serve", *words, CUTOUTD_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert f"Port {port} for metrics cannot be used" in refused.stderr.decode()
