"""What settings stand for."""

from typing import Any

import pytest

from cutoutd.server.config import Config, config_of
from cutoutd.server.settings import load_settings


def config(**settings: Any) -> Config:
    return config_of(load_settings(memory_mb=4000, threads=4, **settings))


def test_equal_settings_stand_for_equal_values() -> None:
    assert config() == config()


def test_a_process_for_pictures_holds_one_model_and_its_part_of_the_cores() -> None:
    apart, inside = config(), config(isolate=False)
    assert apart.models.slots == 1
    assert inside.models.slots == inside.capacity.processes
    assert apart.models.threads == apart.capacity.threads


def test_sources_and_receivers_may_be_at_the_same_addresses() -> None:
    both = config(fetch_allow="10.1.0.0/16, .corp.example", fetch_timeout_s=7)
    assert both.sources.allow_networks == both.receivers.allow_networks
    assert both.sources.allow_hosts == both.receivers.allow_hosts == (".corp.example",)
    assert (both.sources.total_s, both.sources.first_byte_s) == (7, 7)


def test_a_link_is_presigned_for_as_long_as_its_picture_stays_but_no_longer_than_a_week() -> None:
    assert config(keep_hours=2).s3.link_s == 7200
    assert config(keep_hours=1000).s3.link_s == 7 * 86_400


def test_zero_means_no_limit_for_a_client() -> None:
    assert config().clients.per_minute is None
    assert config(jobs_per_minute=3).clients.per_minute == 3


@pytest.mark.parametrize(
    ("url", "scaled"), [("", False), ("sqlite:///x", False), ("postgresql://db/x", True)]
)
def test_jobs_are_spread_over_processes_when_postgresql_keeps_them(url: str, scaled: bool) -> None:
    assert config(database_url=url).scaled is scaled


def test_no_secret_is_shown() -> None:
    shown = repr(config(webhook_secrets="whsec_c2VjcmV0", api_keys="open-sesame-open-sesame"))
    assert "c2VjcmV0" not in shown
    assert "sesame" not in shown
