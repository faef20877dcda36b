"""A real server in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Running:
    """A server that runs, and where to look at it."""

    base: str
    process: subprocess.Popen[bytes]
    folder: Path
    log: Path


@contextmanager
def running_server(data_dir: Path, **settings: str) -> Iterator[str]:
    """The base URL of `cutoutd serve` with these settings, once it is ready."""
    with running_process(data_dir, **settings) as running:
        yield running.base


@contextmanager
def running_process(data_dir: Path, *words: str, **settings: str) -> Iterator[Running]:
    """`cutoutd serve words…` with these settings, once it is ready."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "CUTOUTD_PORT": str(port),
        "CUTOUTD_DATA_DIR": str(data_dir),
        "CUTOUTD_FETCH_ALLOW": "127.0.0.0/8",
        **{f"CUTOUTD_{name.upper()}": value for name, value in settings.items()},
    }
    log = data_dir.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cutoutd", "serve", *words],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_ready(base, process, log)
            yield Running(base, process, data_dir, log)
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `/readyz` answers 200; fail with the server's log if it never does.

    Asking costs next to nothing: a client for each question reads all certificates anew, which
    takes half of a core from the start that is waited for.
    """
    deadline = time.monotonic() + 120
    with httpx.Client(base_url=base, timeout=5, verify=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    raise AssertionError(f"the server did not become ready:\n{log.read_text()}")


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
