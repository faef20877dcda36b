"""A throw-away Redis for tests, on a port of its own, that keeps nothing."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Away
from tests.running import free_port


@dataclass(frozen=True)
class RunningRedis:
    """Where it is, and its process."""

    url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def redis_server() -> Iterator[RunningRedis]:
    """Up until the block ends; without the program the test is skipped, and in CI it fails."""
    program = shutil.which("redis-server")
    if program is None:
        message = "Redis is not installed (Debian: apt-get install redis-server)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(f"NOT TESTED: {message}")
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_for(url)
        yield RunningRedis(url, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with Redis.from_url(url) as client:
                client.ping()
        except Away:
            assert time.monotonic() < deadline, "Redis did not start"
            time.sleep(0.02)
        else:
            return
