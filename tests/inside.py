"""A server in a thread of this process, whose outside world is drawn."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from tests.running import free_port
from tests.scenes import ball, encoded

from cutoutd.app import create_app
from cutoutd.settings import load_settings

PHOTO = encoded(ball(), "JPEG", quality=92)


def drawn(_: str) -> bytes:
    """Whatever URL is asked for, the photo of a ball."""
    return PHOTO


@contextmanager
def serving(data_dir: Path, **settings: Any) -> Iterator[str]:
    """The base URL of a server in a thread of this process, all of whose URLs are drawn."""
    port = free_port()
    app = create_app(load_settings(data_dir=data_dir, **settings), fetch=drawn)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, http="httptools", log_level="warning")
    server = uvicorn.Server(config)
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
