"""The world outside the server under test: a host that serves images, well and badly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.scenes import ball, encoded

PICTURE = encoded(ball(), "JPEG", quality=92)


class PictureHost(BaseHTTPRequestHandler):
    """Any path ending in .jpg is the image; the others show each way a source can fail."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        answers = {
            "/missing": (404, b"no such image", "text/plain"),
            "/page": (200, b"<!DOCTYPE html><p>not an image</p>", "text/html"),
            "/empty": (200, b"", "image/png"),
            "/truncated": (200, PICTURE[: len(PICTURE) // 2], "image/jpeg"),
        }
        if path in answers:
            self._answer(*answers[path])
        elif path == "/huge":
            self._huge()
        elif path == "/silent":
            time.sleep(30)
        elif path == "/moved":
            self._moved("/photo.jpg")
        elif path == "/loop":
            self._moved("/loop")
        else:
            self._answer(200, PICTURE, "image/jpeg")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _huge(self) -> None:
        """60 MB, announced to nobody."""
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b"\0" * 1_000_000)

    def _moved(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def handle(self) -> None:
        with suppress(ConnectionError):  # The server under test hung up, as it should.
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def picture_host() -> Iterator[str]:
    """The base URL of a running `PictureHost`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), PictureHost)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
