"""What the tests of jobs stand on: a clock they move, and a real database."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.jobs.samples import FakeClock, render_webhook
from tests.postgres import Cluster, cluster

from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.store import JobStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database that has the tables."""
    url = postgres.create()
    open_database(url, tmp_path_factory.mktemp("unused")).close()
    return url


@pytest.fixture
def postgres_url(migrated: str) -> str:
    """The same database for every test, emptied."""
    with psycopg.connect(migrated, autocommit=True) as connection:
        tables = "procrastinate_jobs", "procrastinate_workers", "jobs", "files", "deliveries"
        for table in tables:
            if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
                connection.execute(f"TRUNCATE {table} RESTART IDENTITY CASCADE".encode())
    return migrated


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = open_database(database_url, tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, clock: FakeClock) -> JobStore:
    return JobStore(database, render_webhook=render_webhook, clock=clock)


@pytest.fixture
def delivery_store(database: Database, clock: FakeClock) -> DeliveryStore:
    return DeliveryStore(database, clock=clock)
