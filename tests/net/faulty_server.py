"""A web server on a loopback address whose every answer is scripted, byte by byte."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TypeAlias

Answer: TypeAlias = Callable[[socket.socket], None]
"""Writes to a connection whose request head has been read; the connection is closed after it."""


@dataclass
class FaultyServer:
    """What a test knows about the server it runs against."""

    listener: socket.socket
    answers: dict[str, Answer] | Answer
    tls: ssl.SSLContext | None
    requests: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def url(self, path: str = "/", *, host: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host or self.listener.getsockname()[0]}:{self.port}{path}"

    def accept(self) -> None:
        """Talk to everybody who connects, until the listener is shut down."""
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        # The other side hangs up or asks for what is not there: what these tests are about.
        with suppress(OSError, KeyError), self._secured(connection) as stream:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = stream.recv(65536)
                if not piece:
                    return
                head += piece
            self.requests.append(head)
            path = head.split(b" ")[1].decode()
            (self.answers if callable(self.answers) else self.answers[path])(stream)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        self.tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        with connection:
            return self.tls.wrap_socket(connection, server_side=True)


@contextmanager
def serve(
    answers: dict[str, Answer] | Answer,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[FaultyServer]:
    with socket.create_server((address, port)) as listener:
        server = FaultyServer(listener, answers, tls)
        thread = Thread(target=server.accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def says(data: bytes) -> Answer:
    """Exactly these bytes."""
    return lambda connection: connection.sendall(data)


def ok(body: bytes, *headers: str) -> Answer:
    """A correct answer with a body."""
    extra = "".join(f"{header}\r\n" for header in headers)
    return says(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body)


def redirect(location: str, status: int = 302) -> Answer:
    """A redirect with an empty body."""
    return says(
        f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    )


def silent(connection: socket.socket) -> None:
    """Never a word, until the other side goes away."""
    connection.recv(1)
