"""Connections that lead nowhere end: who sends slowly, or nothing, holds no place for long.

uvicorn waits for ever for the head of a request and for its body. Here both have a time, the
number of connections has a bound, and a peer that vanished is noticed by TCP.
"""

import asyncio
import re
import socket
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_PROBE_AFTER_S = 60
_PROBE_EVERY_S = 15
_PROBES = 4
_RETRY_AFTER_S = 2
_OTHER_FILES = 1000
"""The database, the artifacts, the pipes to the picture processes, downloads and webhooks."""


_OFFERS = re.compile(
    rb"(?<=\n)upgrade(?=[ \t]*:)|(?<=\n)connection(?=:[^\n]*upgrade)", re.IGNORECASE
)


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long a server waits for its peers, and how many it has at one time."""

    head_s: float = 10.0
    """From the connection, or the first byte of a further request, to the end of the head."""
    body_s: float = 120.0
    """From the end of the head to the end of the body."""
    connections: int = 1000
    idle: dict["PatientProtocol", None] = field(default_factory=dict)
    """Connections on which nobody is being served, the oldest first."""

    def __call__(self, **given: Any) -> "PatientProtocol":
        """The protocol of one more connection; for `uvicorn.Config(http=…)`."""
        return PatientProtocol(self, **given)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to its patience."""

    def __init__(self, patience: Patience, **given: Any) -> None:
        super().__init__(**given)
        self._patience = patience
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = True

    def data_received(self, data: bytes) -> None:
        """Read on; what else the client could speak is none of ours."""
        super().data_received(without_offers(data) if self._in_head else data)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room by closing who has been idle longest, or refuse."""
        super().connection_made(transport)
        _notice_when_the_peer_is_gone(transport.get_extra_info("socket"))
        if len(self.connections) > self._patience.connections:
            if not self._patience.idle:
                self._end(503, "Too many connections at this moment.")
                return
            oldest = next(iter(self._patience.idle))
            oldest.transport.abort()
            del self._patience.idle[oldest]
        self._patience.idle[self] = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is nobody's any more."""
        self._expect_nothing()
        self._patience.idle.pop(self, None)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request: on a connection that was kept, too."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Somebody is served now."""
        self._in_head = False
        self._patience.idle.pop(self, None)
        self._expect_nothing()
        self._timer = self.loop.call_later(self._patience.body_s, self._miss_the_body)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here; how long the answer takes is not the caller's fault."""
        self._in_head = True
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Idle again, unless another request came behind this one."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._patience.idle[self] = None

    def _expect_head(self) -> None:
        self._expect_nothing()
        self._timer = self.loop.call_later(self._patience.head_s, self._miss_the_head)

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _miss_the_head(self) -> None:
        if getattr(self.cycle, "response_complete", True):
            self._end(408, "The request did not arrive in time.")
        else:  # The request before this one is being answered; it ends, too.
            self.transport.abort()

    def _miss_the_body(self) -> None:
        if self.cycle.response_started:
            self.transport.abort()
        else:
            self._end(408, "The request did not arrive in time.")

    def _end(self, status: int, sentence: str) -> None:
        phrase = {408: "Request Timeout", 503: "Service Unavailable"}[status]
        retry = f"Retry-After: {_RETRY_AFTER_S}\r\n" if status == 503 else ""
        self.transport.write(
            f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain\r\n{retry}"
            f"Content-Length: {len(sentence)}\r\nConnection: close\r\n\r\n{sentence}".encode()
        )
        self.transport.close()


def without_offers(data: bytes) -> bytes:
    """The head of a request, as far as it is in `data`, without its offer of another protocol.

    Java's HttpClient and `curl --http2` offer HTTP/2 beside what is a good HTTP/1.1 request, and
    a server may ignore that (RFC 9110, 7.8); httptools loses the body behind it. Both fields that
    make the offer get another name, so that no way of cutting the head into pieces keeps both.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    return _OFFERS.sub(lambda found: b"x" * len(found[0]), head) + end + body


def allow_files_for(connections: int) -> None:
    """Raise the process's limit of open files, where the system lets us, so that it suffices."""
    try:
        import resource
    except ImportError:  # Not on Windows.
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft < wanted:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _notice_when_the_peer_is_gone(connection: Any) -> None:
    """A peer that lost its power or its network sends no goodbye; probes find out."""
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _PROBE_AFTER_S),
        ("TCP_KEEPINTVL", _PROBE_EVERY_S),
        ("TCP_KEEPCNT", _PROBES),
        ("TCP_USER_TIMEOUT", 1000 * (_PROBE_AFTER_S + _PROBES * _PROBE_EVERY_S)),
    ):
        if hasattr(socket, name):  # Not every system has each.
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
