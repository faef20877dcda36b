"""What the tests of jobs stand on: a clock they move, and a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import FakeClock, render_webhook

from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.store import JobStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database("", tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, clock: FakeClock) -> JobStore:
    return JobStore(database, render_webhook=render_webhook, clock=clock)


@pytest.fixture
def delivery_store(database: Database, clock: FakeClock) -> DeliveryStore:
    return DeliveryStore(database, clock=clock)
