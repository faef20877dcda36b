"""A server in a thread of this process, whose outside world is drawn."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from tests.running import free_port
from tests.scenes import ball, encoded

from cutoutd.cli.connections import ConnectionLimits
from cutoutd.server.app import create_app
from cutoutd.server.config import config_of
from cutoutd.server.settings import load_settings
from cutoutd.server.tracing import Tracing
from cutoutd.server.wiring import open_server

PHOTO = encoded(ball(), "JPEG", quality=92)


def drawn(_: str) -> bytes:
    """Whatever URL is asked for, the photo of a ball."""
    return PHOTO


@contextmanager
def serving(
    data_dir: Path,
    *,
    fetch: Callable[[str], bytes] = drawn,
    tracing: Tracing | None = None,
    **settings: Any,
) -> Iterator[str]:
    """The base URL of a server in a thread of this process, all of whose URLs are drawn."""
    port = free_port()
    config = config_of(load_settings(data_dir=data_dir, **settings))
    app = create_app(config, open_server(config, fetch=fetch, tracing=tracing))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            http=ConnectionLimits(),  # type: ignore[arg-type]
            log_level="warning",
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def sent(base: str, request: bytes) -> httpx.Response:
    """The answer to exactly these bytes."""
    address = urlsplit(base)
    with socket.create_connection((str(address.hostname), int(address.port or 80))) as wire:
        wire.settimeout(60)
        wire.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += _more(wire)
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        while len(body) < int(headers["content-length"]):
            body += _more(wire)
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


def _more(wire: socket.socket) -> bytes:
    data = wire.recv(1 << 20)
    assert data, "the server hung up"
    return data
