from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import httpx
import pytest
from tests.net.faulty_server import ok, redirect, says, serve, silent
from tests.net.hostile import HOSTILE, resolve

from cutoutd.errors import ForbiddenAddress
from cutoutd.net.dial import FetchLimits, guarded_client
from cutoutd.net.urls import parse_url

LOOPBACK = FetchLimits(
    allow_networks=(ip_network("127.0.0.0/8"),), connect_s=2.0, first_byte_s=0.4, max_bytes=100_000
)


@pytest.fixture(scope="module")
def strict() -> Iterator[httpx.Client]:
    with guarded_client(FetchLimits(connect_s=0.5), resolve=resolve) as client:
        yield client


@pytest.mark.parametrize(("url", "why"), HOSTILE.items())
def test_no_webhook_reaches_a_hostile_url(strict: httpx.Client, url: str, why: str) -> None:
    with pytest.raises(ForbiddenAddress) as refusal:
        strict.post(parse_url(url), content=b"{}")
    assert refusal.value.why == why


def test_a_webhook_is_delivered_byte_for_byte() -> None:
    with serve(ok(b"thanks")) as server, guarded_client(LOOPBACK) as client:
        answer = client.post(server.url("/hook"), content=b'{"id": 1}', headers={"x-sign": "v1"})
        assert (answer.status_code, answer.content) == (200, b"thanks")
        assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
        assert b"x-sign: v1\r\n" in server.requests[0]


def test_a_webhook_follows_no_redirect() -> None:
    with serve(redirect("/elsewhere", 307)) as server, guarded_client(LOOPBACK) as client:
        assert client.post(server.url()).status_code == 307
        assert len(server.requests) == 1


def test_an_endless_answer_to_a_webhook_is_cut_off() -> None:
    endless = says(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1_000_000))
    with (
        serve(endless) as server,
        guarded_client(LOOPBACK) as client,
        pytest.raises(httpx.ReadError),
    ):
        client.post(server.url())


def test_a_receiver_that_never_answers_costs_only_the_limit() -> None:
    limits = replace(LOOPBACK, total_s=0.3, first_byte_s=5.0)
    with (
        serve(silent) as server,
        guarded_client(limits) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.post(server.url())


def test_each_call_makes_its_own_connection() -> None:
    with serve(ok(b"")) as server, guarded_client(LOOPBACK) as client:
        for _ in range(3):
            client.post(server.url())
        assert len(server.requests) == 3
