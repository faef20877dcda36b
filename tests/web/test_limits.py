import asyncio
import signal
import time
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send
from tests.jobs.samples import FakeClock
from tests.redis_server import redis_server

from cutoutd.errors import ConfigurationError, Overloaded
from cutoutd.web.auth import Clients
from cutoutd.web.keys import ApiKey
from cutoutd.web.limits import ClientLimits, Quotas, UploadBudget
from cutoutd.web.middleware import BodyLimit


def test_a_client_has_its_jobs_a_minute_and_then_waits() -> None:
    quotas = Quotas(per_minute=lambda _: 3)
    for _ in range(3):
        quotas.admit("ann")
    with pytest.raises(Overloaded, match="3 jobs a minute") as refusal:
        quotas.admit("ann")
    assert 1 <= refusal.value.retry_after_s <= 60
    quotas.admit("bob")


def test_what_is_left_is_said_in_the_standard_fields() -> None:
    quotas = Quotas(per_minute=lambda _: 3)
    assert quotas.last("ann") is None
    quotas.admit("ann")
    quota = quotas.last("ann")
    assert quota is not None
    headers = quota.headers(quota.resets_at - 30)
    assert headers == {"RateLimit-Policy": '"jobs";q=3;w=60', "RateLimit": '"jobs";r=2;t=30'}


def test_a_client_without_a_limit_is_not_counted() -> None:
    quotas = Quotas(per_minute=lambda _: None)
    for _ in range(1000):
        quotas.admit("ann")
    assert quotas.last("ann") is None


def test_quotas_of_many_clients_do_not_pile_up() -> None:
    quotas = Quotas(per_minute=lambda _: 3)
    for number in range(1100):
        quotas.admit(f"client-{number}")
    assert quotas.last("client-0") is None
    assert quotas.last("client-1099") is not None


def test_two_web_processes_count_together_in_redis() -> None:
    with redis_server() as redis:
        here, there = (Quotas(per_minute=lambda _: 3, url=redis.url) for _ in range(2))
        here.admit("ann")
        there.admit("ann")
        here.admit("ann")
        with pytest.raises(Overloaded, match="3 jobs a minute") as refusal:
            there.admit("ann")
        assert 1 <= refusal.value.retry_after_s <= 60
        there.admit("bob")
        quota = here.last("ann")
        assert quota is not None
        assert quota.remaining == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["gone", "hanging"])
def test_a_redis_that_is_away_limits_nobody_and_holds_up_nobody(number: signal.Signals) -> None:
    with redis_server() as redis:
        quotas = Quotas(per_minute=lambda _: 1, url=redis.url)
        quotas.admit("ann")
        redis.process.send_signal(number)
        began = time.monotonic()
        quotas.admit("ann")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "memcached://x", "redis://x:nan"])
def test_a_wrong_url_is_named_by_its_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_LIMITS_URL"):
        Quotas(per_minute=lambda _: 1, url=url)


def test_a_key_s_own_limits_go_before_the_server_s() -> None:
    keys = [ApiKey(digest=b"x", client="shop", per_minute=1, unfinished=2)]
    limits = ClientLimits(
        Clients([lambda: keys], now_ms=FakeClock()), per_minute=100, unfinished=10
    )
    limits.admit("shop")
    with pytest.raises(Overloaded):
        limits.admit("shop")
    assert limits.unfinished_limit("shop") == 2
    assert limits.unfinished_limit("other") == 10


def call(middleware: BodyLimit, *pieces: bytes, length: int | None = None) -> int:
    """The status that a request with this body is answered with."""
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        + [{"type": "http.request", "body": b"", "more_body": False}]
    )
    answered: list[int] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "path": "/v1/jobs", "method": "POST", "headers": headers}
    asyncio.run(middleware(scope, receive, send))
    return answered[0]


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_bodies_of_all_requests_together_stay_within_the_budget() -> None:
    budget = UploadBudget(100)
    limit = BodyLimit(reader, max_bytes=80, budget=budget, dialects=())
    with budget.reservation(50):
        assert call(limit, b"x" * 60, length=60) == 503
        assert call(limit, b"x" * 30, b"x" * 30) == 503
        assert call(limit, b"x" * 30, length=30) == 200
    assert call(limit, b"x" * 60, length=60) == 200
    assert call(limit, b"x" * 40, b"x" * 40) == 200


def test_a_body_gives_its_room_back_when_its_request_fails() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise ZeroDivisionError

    budget = UploadBudget(100)
    limit = BodyLimit(broken, max_bytes=100, budget=budget, dialects=())
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            call(limit, b"x" * 100)
