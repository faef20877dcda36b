import signal
import time

import pytest
from tests.jobs.samples import FakeClock
from tests.redis_server import redis_server

from cutoutd.clients.clients import Clients
from cutoutd.clients.keys import ApiKey
from cutoutd.clients.quotas import ClientLimits, Quotas
from cutoutd.errors import ConfigurationError, Overloaded


def test_a_client_has_its_jobs_a_minute_and_then_waits() -> None:
    quotas = Quotas(per_minute=lambda _: 3)
    for _ in range(3):
        quotas.admit("ann")
    with pytest.raises(
        Overloaded, match="Rate limit exceeded. Only 3 jobs a minute are allowed."
    ) as refusal:
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
