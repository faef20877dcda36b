"""Real sockets before a real server: slow ones, silent ones, and too many."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.running import free_port

from cutoutd.cli.connections import ConnectionLimits, without_offers

WHOLE = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
HEAD = b"POST /%s HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n"
PATIENCE_S = 20.0


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body and answers; `/early` answers without it, `/slow` takes its time.

    The answer is `ok`, or the last two bytes of the body.
    """
    if scope["type"] != "http":
        return
    body = b"ok"
    while scope["path"] != "/early":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"] == "/slow":
        await asyncio.sleep(0.6)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[-2:]})


@contextmanager
def served(limits: ConnectionLimits) -> Iterator[int]:
    """The port of a server in a thread."""
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=limits,  # type: ignore[arg-type]
        lifespan="off",
        log_level="error",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(ConnectionLimits(head_s=0.3, body_s=0.3)) as port:
        yield port


@contextmanager
def connected(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as wire:
        wire.sendall(data)
        yield wire


def rest(wire: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    said = b""
    with suppress(ConnectionResetError):
        while data := wire.recv(65536):
            said += data
    return said


def trickle(wire: socket.socket) -> None:
    """A byte now and then, for as long as somebody listens."""
    with suppress(OSError):
        for _ in range(200):
            wire.sendall(b"x")
            time.sleep(0.05)
        raise AssertionError("the server never hung up")


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    with connected(port) as wire:
        assert rest(wire).startswith(b"HTTP/1.1 408 ")


OFFERING = (
    b"POST / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 31\r\n"
    b"Host: here\r\nHTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n\r\n"
    b"\nUpgrade: this is a body's text"
)
"""What Java's HttpClient sends."""


@pytest.mark.parametrize("cut", range(10, len(OFFERING), 9))
def test_an_offer_of_another_protocol_costs_no_body(port: int, cut: int) -> None:
    with connected(port, OFFERING[:cut]) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.sendall(OFFERING[cut:])
        wire.sendall(WHOLE)
        answer = b""
        while answer.count(b"HTTP/1.1 200 ") < 2 or not answer.endswith(b"ok"):
            answer += wire.recv(65536)
            assert b" 400 " not in answer
    assert b"\r\n\r\nxt" in answer


def test_a_body_stays_as_it_is_in_an_offer() -> None:
    assert without_offers(OFFERING).endswith(b"\nUpgrade: this is a body's text")


UNFINISHED = {
    "head": b"GET / HTTP/1.1\r\nX: ",
    "second head": WHOLE + b"GET / HTTP/1.1\r\nX: ",
    "body": HEAD % b"" + b"x",
}


@pytest.mark.parametrize("what", UNFINISHED)
def test_a_request_that_does_not_end_is_answered_408(port: int, what: str) -> None:
    with connected(port, UNFINISHED[what]) as wire:
        answer = rest(wire)
    assert b"HTTP/1.1 408 Request Timeout\r\n" in answer
    assert b"Connection: close\r\n" in answer


@pytest.mark.parametrize("what", UNFINISHED)
def test_a_byte_now_and_then_gains_no_time(port: int, what: str) -> None:
    with connected(port, UNFINISHED[what]) as wire:
        trickle(wire)


def test_a_body_that_trickles_after_its_answer_holds_no_connection(port: int) -> None:
    with connected(port, HEAD % b"early") as wire:
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")
        trickle(wire)


def test_an_answer_may_take_longer_than_a_request_may(port: int) -> None:
    with connected(port, WHOLE.replace(b"/ ", b"/slow ")) as wire:
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_among_too_many_the_oldest_idle_connection_makes_room() -> None:
    with served(ConnectionLimits(connections=3)) as port, ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(3)]
        kept = stack.enter_context(connected(port, WHOLE))
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert rest(idle[0]) == b""
        idle[1].sendall(WHOLE)
        assert idle[1].recv(65536).startswith(b"HTTP/1.1 200 ")


@contextmanager
def full(**given: Any) -> Iterator[int]:
    """The port of a server all of whose places are taken by slow bodies."""
    with served(ConnectionLimits(connections=2, **given)) as port, ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(connected(port, HEAD % b"slow"))
            busy.sendall(b"x" * 50)
        time.sleep(0.1)
        yield port


def test_when_all_are_busy_a_newcomer_is_told_when_to_come_back() -> None:
    with full() as port, connected(port, WHOLE) as wire:
        answer = rest(wire)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Retry-After: 2\r\n" in answer


@pytest.mark.parametrize("path", [b"/livez", b"/readyz", b"/readyz?verbose"])
def test_when_all_are_busy_health_checks_are_answered(path: bytes) -> None:
    with full() as port, connected(port, WHOLE.replace(b"/ ", path + b" ")) as wire:
        answer = rest(wire)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close\r\n" in answer


def test_the_places_of_health_checks_cannot_be_sat_on() -> None:
    with full(probes=3) as port, ExitStack() as stack:
        silent = [stack.enter_context(connected(port)) for _ in range(9)]
        time.sleep(0.1)
        with connected(port, WHOLE.replace(b"/ ", b"/livez ")) as wire:
            assert rest(wire).startswith(b"HTTP/1.1 200 ")
        assert rest(silent[0]) == b""


def test_a_body_slower_than_the_least_rate_ends() -> None:
    limits = ConnectionLimits(body_s=60, slow_s=0.3, bytes_per_s=1000)
    with served(limits) as port, connected(port, HEAD % b"" + b"x" * 90) as wire:
        assert rest(wire).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_is_fast_enough_may_take_its_time() -> None:
    head = HEAD.replace(b" 100\r", b" 1200\r") % b""
    limits = ConnectionLimits(body_s=60, slow_s=0.2, bytes_per_s=100)
    with served(limits) as port, connected(port, head) as wire:
        for _ in range(12):
            wire.sendall(b"x" * 100)
            time.sleep(0.05)
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")


def fields(number: int) -> bytes:
    return WHOLE[:-2] + b"".join(b"a%d: b\r\n" % one for one in range(number)) + b"\r\n"


@pytest.mark.parametrize("number", [0, 1, 99])
def test_a_head_may_have_a_hundred_fields(port: int, number: int) -> None:
    with connected(port, fields(number)) as wire:
        assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("size", [60_000, 65_536, 200_000, 1_000_000])
def test_bodies_and_requests_before_a_head_are_no_part_of_it(port: int, size: int) -> None:
    post = (HEAD % b"").replace(b" 100\r", b" %d\r" % size) + b"x" * size
    with connected(port) as wire:
        for request in (post, WHOLE, post, post, WHOLE * 20):
            wire.sendall(request)
            answer = b""
            while answer.count(b"HTTP/1.1 200 ") < request.count(b" / HTTP"):
                answer += wire.recv(65536)
                assert b" 431 " not in answer


TOO_MUCH = {
    "101 fields": fields(100),
    "a million fields": fields(1_000_000),
    "a long field": WHOLE[:-2] + b"a: " + b"b" * 5_000_000 + b"\r\n\r\n",
    "a long name": WHOLE[:-2] + b"a" * 200_000 + b": b\r\n\r\n",
    "a little too long": WHOLE[:-2] + b"a: " + b"b" * 65_600 + b"\r\n\r\n",
    "behind another": WHOLE + fields(1000),
    "empty lines": b"\r\n" * 100_000,
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_head_beyond_its_bound_is_answered_431(port: int, what: str) -> None:
    with connected(port) as wire:
        with suppress(OSError):
            wire.sendall(TOO_MUCH[what])
        answer = rest(wire)
    assert b"HTTP/1.1 431 " in answer or (what == "behind another" and not answer)


@pytest.mark.parametrize("trailer", [b"a: b\r\n" * 1000, b"a: " + b"b" * 1_000_000])
def test_what_follows_a_chunked_body_is_bounded_too(port: int, trailer: bytes) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    with connected(port) as wire:
        with suppress(OSError):
            wire.sendall(chunked + trailer + b"\r\n\r\n")
        assert b" 200 " not in rest(wire)


@pytest.mark.parametrize("chunk", [b"1\r\nx\r\n", b"1;" + b"y" * 50 + b"\r\nx\r\n"])
def test_a_body_that_is_mostly_chunks_ends(port: int, chunk: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(port) as wire:
        with suppress(OSError):
            wire.sendall(head + chunk * 200_000 + b"0\r\n\r\n")
        assert b" 200 " not in rest(wire)


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [
        (b"1.1", b"", b" 400 "),
        (b"1.1", b"Host: \r\n", b" 400 "),
        (b"1.1", b"Host: a\r\nHost: a\r\n", b" 400 "),
        (b"1.0", b"Host: a\r\nHost: b\r\n", b" 400 "),
        (b"1.0", b"", b" 200 "),
        (b"1.1", b"Host: a\r\n", b" 200 "),
    ],
)
def test_a_request_names_one_host(port: int, version: bytes, hosts: bytes, status: bytes) -> None:
    with connected(port, b"GET / HTTP/%s\r\n%s\r\n" % (version, hosts)) as wire:
        assert status in wire.recv(65536)[:16]


def test_a_peer_that_vanishes_is_probed_for() -> None:
    made: list[socket.socket] = []

    class Noting(ConnectionLimits):
        def __call__(self, **given: object) -> object:  # type: ignore[override]
            protocol = super().__call__(**given)
            made.append(protocol)  # type: ignore[arg-type]
            return protocol

    with served(Noting()) as port, connected(port, WHOLE) as wire:
        wire.recv(65536)
        connection = made[0].transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
