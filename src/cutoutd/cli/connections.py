"""Connections that lead nowhere end: who sends slowly, too much, or nothing holds no place.

uvicorn waits for ever for the head of a request and for its body, and takes a head of any size.
Here both have a time and a bound, the number of connections has one, and health checks have
places of their own.
"""

import asyncio
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cutoutd.cli.sockets import notice_when_the_peer_is_gone

PROBES: Final = (b"/livez", b"/readyz")
"""What is answered when all other places are taken."""
_RETRY_AFTER_S: Final = 2
_LINGER_S: Final = 2.0
_LATE: Final = "The request did not arrive in time."
_FULL: Final = "Too many connections at this moment."
_OFFERS: Final = re.compile(
    rb"(?<=\n)upgrade(?=[ \t]*:)|(?<=\n)connection(?=:[^\n]*upgrade)", re.IGNORECASE
)


@dataclass(slots=True, kw_only=True)
class ConnectionLimits:
    """How long a server waits for its peers, how much it hears, and how many it has at a time."""

    head_s: float = 10.0
    """From the connection, or the first byte of a further request, to the end of the head."""
    head_bytes: int = 65_536
    """Of the head of a request, and of what is beside the data in its body."""
    head_fields: int = 100
    body_s: float = 120.0
    """From the end of the head to the end of the body."""
    slow_s: float = 10.0
    """For so long a body may be slower than `bytes_per_s`."""
    bytes_per_s: float = 1000.0
    connections: int = 1000
    probes: int = 16
    """Further connections, on which only health checks are answered."""
    idle: dict["TimeoutProtocol", None] = field(default_factory=dict)
    """Connections on which nobody is being served, the oldest first."""
    probing: dict["TimeoutProtocol", None] = field(default_factory=dict)
    """Further connections that have not said yet what they ask for, the oldest first."""

    def __call__(self, **given: Any) -> "TimeoutProtocol":
        """The protocol of one more connection; for `uvicorn.Config(http=…)`."""
        return TimeoutProtocol(self, **given)


class _Refused(Exception):
    """The request was answered already."""


class TimeoutProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with limits and timeouts."""

    def __init__(self, limits: ConnectionLimits, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None
        self._further = self._ended = False
        self._in_head = True
        self._requests = self._fields = self._head_bytes = 0
        self._wire = self._data = self._judged = 0
        self._body_ends = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room by closing who has been idle longest, or hear whether it is a health check."""
        super().connection_made(transport)
        notice_when_the_peer_is_gone(transport.get_extra_info("socket"))
        limits, others = self._limits, len(self.connections) - 1
        waiting = limits.idle
        if others >= limits.connections and not limits.idle:
            self._further, waiting = True, limits.probing
        full = others >= limits.connections + (limits.probes if self._further else 0)
        if full and not waiting:
            self._end(503, _FULL)
            return
        if full:
            oldest = next(iter(waiting))
            del waiting[oldest]
            oldest.transport.abort()
        waiting[self] = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is nobody's any more."""
        self._expect_nothing()
        self._is_waiting_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, a head no further than its bound."""
        while data and self._in_head and not self._ended:
            room = self._limits.head_bytes - self._head_bytes
            if room <= 0:
                self._refuse(431, "The head of the request is too large.")
                return
            piece, data = data[:room], data[room:]
            ended = self._requests
            super().data_received(without_offers(piece))
            self._count_head(len(piece), ended)
        if data and not self._ended:
            self._wire += len(data)
            super().data_received(data)
            if self._wire - self._data > self._limits.head_bytes + self._data:
                self._refuse(400, "There is too little data in the chunks of the body.")

    def send_400_response(self, msg: str) -> None:
        """Unless the request was answered by us."""
        if not self._ended:
            self._end(400, msg)

    def on_message_begin(self) -> None:
        """The first byte of a request: on a connection that was kept, too."""
        super().on_message_begin()
        self._fields = 0
        self._wire = self._data = self._judged = 0
        self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Those behind a chunked body count, too."""
        self._fields += 1
        if self._fields > self._limits.head_fields:
            self._refuse(431, "The request has too many header fields.")
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request is served now."""
        self._check_head()
        self._in_head = False
        self._is_waiting_no_more()
        self._expect_body()
        super().on_headers_complete()
        if self._further:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Data, of which there must be enough."""
        self._data += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is here; how long the answer takes is not the caller's fault."""
        self._in_head = True
        self._requests += 1
        self._head_bytes = 0
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Idle again, unless another request came behind this one."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None and not self._further:
            self._limits.idle[self] = None

    def _count_head(self, size: int, ended_before: int) -> None:
        """What was read of a head that goes on; one behind another request is counted later."""
        if self._in_head and self._requests == ended_before:
            self._head_bytes += size

    def _check_head(self) -> None:
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not any(hosts) and self.parser.get_http_version() == "1.1"):
            self._refuse(400, "A request names one Host.")
            raise _Refused
        if self._further and self.url.partition(b"?")[0] not in PROBES:
            self._refuse(503, _FULL)
            raise _Refused

    def _is_waiting_no_more(self) -> None:
        self._limits.idle.pop(self, None)
        self._limits.probing.pop(self, None)

    def _expect_head(self) -> None:
        self._expect_nothing()
        self._timer = self.loop.call_later(self._limits.head_s, self._refuse, 408, _LATE)

    def _expect_body(self) -> None:
        self._expect_nothing()
        self._body_ends = self.loop.time() + self._limits.body_s
        self._judge_later()

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _judge_later(self) -> None:
        left = self._body_ends - self.loop.time()
        span = min(self._limits.slow_s, max(left, 0.0))
        self._timer = self.loop.call_later(span, self._judge_body, span)

    def _judge_body(self, span: float) -> None:
        """A body that we do not read on, as nobody takes it, is not slow."""
        late = self.loop.time() >= self._body_ends
        slow = self._wire - self._judged < span * self._limits.bytes_per_s
        if late or (slow and not self.flow.read_paused):
            self._refuse(408, _LATE)
            return
        self._judged = self._wire
        self._judge_later()

    def _refuse(self, status: int, sentence: str) -> None:
        """Say so where nothing was said yet; a half-said answer, or one before it, just ends."""
        answered = getattr(self.cycle, "response_complete", True)
        if not answered and (self._in_head or self.cycle.response_started):
            self.transport.abort()
        else:
            self._end(status, sentence)

    def _end(self, status: int, sentence: str) -> None:
        retry = f"Retry-After: {_RETRY_AFTER_S}\r\n" if status == 503 else ""
        self._ended = True
        self._expect_nothing()
        self.transport.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain\r\n{retry}"
            f"Content-Length: {len(sentence)}\r\nConnection: close\r\n\r\n{sentence}".encode()
        )
        # What still arrives is read and dropped: closed at once, the system would tell the peer
        # of a broken connection before it has read why.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)


def without_offers(data: bytes) -> bytes:
    """The head of a request, as far as it is in `data`, without its offer of another protocol.

    Java's HttpClient and `curl --http2` offer HTTP/2 beside what is a good HTTP/1.1 request, and
    a server may ignore that (RFC 9110, 7.8); httptools loses the body behind it. Both fields that
    make the offer get another name, so that no way of cutting the head into pieces keeps both.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    return _OFFERS.sub(lambda found: b"x" * len(found[0]), head) + end + body
