"""Real sockets before a real server: slow ones, silent ones, and too many."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from tests.running import free_port

from cutoutd.cli.connections import Patience, without_offers

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
def served(patience: Patience) -> Iterator[int]:
    """The port of a server in a thread."""
    port = free_port()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=patience,  # type: ignore[arg-type]
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
    with served(Patience(head_s=0.3, body_s=0.3)) as port:
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
    with served(Patience(connections=3)) as port, ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(3)]
        kept = stack.enter_context(connected(port, WHOLE))
        assert kept.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert rest(idle[0]) == b""
        idle[1].sendall(WHOLE)
        assert idle[1].recv(65536).startswith(b"HTTP/1.1 200 ")


def test_when_all_are_busy_a_newcomer_is_told_when_to_come_back() -> None:
    with served(Patience(connections=2)) as port, ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(connected(port, HEAD % b"slow"))
            busy.sendall(b"x" * 50)
        time.sleep(0.1)
        with connected(port) as wire:
            answer = rest(wire)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Retry-After: 2\r\n" in answer


def test_a_peer_that_vanishes_is_probed_for() -> None:
    made: list[socket.socket] = []

    class Noting(Patience):
        def __call__(self, **given: object) -> object:  # type: ignore[override]
            protocol = super().__call__(**given)
            made.append(protocol)  # type: ignore[arg-type]
            return protocol

    with served(Noting()) as port, connected(port, WHOLE) as wire:
        wire.recv(65536)
        connection = made[0].transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
