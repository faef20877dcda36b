import asyncio
import ssl
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from tests.net.faulty_server import ok, redirect, says, serve, silent
from tests.net.hostile import HOSTILE, resolve

from cutoutd.errors import ForbiddenAddress
from cutoutd.net.dial import Resolve, guarded_client, refuse_forbidden, system_resolver
from cutoutd.net.limits import FetchLimits
from cutoutd.net.urls import parse_url

LOOPBACK = FetchLimits(
    allow_networks=(ip_network("127.0.0.0/8"),), connect_s=2.0, first_byte_s=0.4, max_bytes=100_000
)


TLS = ssl.create_default_context()


def post(
    url: httpx.URL | str,
    limits: FetchLimits = LOOPBACK,
    resolver: Resolve = system_resolver,
    **options: Any,
) -> httpx.Response:
    async def send() -> httpx.Response:
        async with guarded_client(limits, resolve=resolver, tls=TLS) as client:
            return await client.post(url, **options)

    return asyncio.run(send())


@pytest.mark.parametrize(("url", "why"), HOSTILE.items())
def test_no_webhook_reaches_a_hostile_url(url: str, why: str) -> None:
    with pytest.raises(ForbiddenAddress) as refusal:
        post(parse_url(url), FetchLimits(), resolve)
    assert refusal.value.why == why


@pytest.mark.parametrize(("url", "why"), HOSTILE.items())
def test_a_webhook_that_could_never_be_delivered_is_refused_beforehand(url: str, why: str) -> None:
    with pytest.raises(ForbiddenAddress) as refusal:
        asyncio.run(refuse_forbidden(url, FetchLimits(), field="hook", resolve=resolve))
    assert (refusal.value.why, refusal.value.field) == (why, "hook")


def unknown(host: str, port: int) -> list[str]:
    raise OSError(f"{host}:{port} is unknown")


@pytest.mark.parametrize(
    ("limits", "resolver"),
    [
        (LOOPBACK, lambda *_: ["127.0.0.1"]),
        (FetchLimits(), lambda *_: ["1.1.1.1"]),
        (FetchLimits(), unknown),
    ],
    ids=["allowed", "public", "not there yet"],
)
def test_a_webhook_that_might_be_delivered_is_not(limits: FetchLimits, resolver: Resolve) -> None:
    asyncio.run(refuse_forbidden("http://hook/", limits, field="hook", resolve=resolver))


def test_a_webhook_is_delivered_byte_for_byte() -> None:
    with serve(ok(b"thanks")) as server:
        answer = post(server.url("/hook"), content=b'{"id": 1}', headers={"x-sign": "v1"})
    assert (answer.status_code, answer.content) == (200, b"thanks")
    assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert b"x-sign: v1\r\n" in server.requests[0]


def test_a_webhook_follows_no_redirect() -> None:
    with serve(redirect("/elsewhere", 307)) as server:
        assert post(server.url()).status_code == 307
    assert len(server.requests) == 1


def test_an_endless_answer_is_cut_off() -> None:
    endless = says(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1_000_000))
    with serve(endless) as server, pytest.raises(httpx.ReadError):
        post(server.url())


def test_a_receiver_that_never_answers_costs_only_the_limit() -> None:
    with serve(silent) as server, pytest.raises(httpx.ReadTimeout):
        post(server.url())


def test_a_connection_is_never_used_twice() -> None:
    async def send_three(url: str) -> None:
        async with guarded_client(LOOPBACK, tls=TLS) as client:
            for _ in range(3):
                await client.post(url)

    with serve(ok(b"")) as server:
        asyncio.run(send_three(server.url()))
    assert len(server.requests) == 3
