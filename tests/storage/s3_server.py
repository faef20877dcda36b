"""Real S3-compatible servers for tests, because each misses something.

moto accepts expired links, and s3rver, which `make clients` installs, writes over a file in its
place. Neither checks a signature of version 4, so a test of ours does.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from tests.running import free_port

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "S3RVER",
    "AWS_SECRET_ACCESS_KEY": "S3RVER",
    "AWS_REGION": "us-east-1",
}
SERVERS = ("moto", "s3rver")
_S3RVER = Path(sys.prefix) / "clients" / "node_modules" / "s3rver" / "bin" / "s3rver.js"


@contextmanager
def s3_endpoint(name: str = "moto") -> Iterator[str]:
    """The address of a server that is up."""
    with {"moto": _moto, "s3rver": _s3rver}[name]() as address:
        yield address


@contextmanager
def _moto() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # Or it prints every request.
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def _s3rver() -> Iterator[str]:
    node = shutil.which("node")
    if node is None or not _S3RVER.exists():
        message = "s3rver is not installed: run `make clients`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(f"NOT TESTED: {message}")
    address = f"http://127.0.0.1:{(port := free_port())}"
    with tempfile.TemporaryDirectory(prefix="cutoutd-s3rver-") as folder:
        server = subprocess.Popen(
            [node, str(_S3RVER), "-d", folder, "-a", "127.0.0.1", "-p", str(port), "--silent"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_it_listens(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_until_it_listens(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("s3rver did not start")


def new_bucket(endpoint: str) -> str:
    """Make a bucket with a name of its own."""
    name = f"cutouts-{uuid4().hex[:12]}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=CREDENTIALS["AWS_REGION"],
    )
    client.create_bucket(Bucket=name)
    return name
