from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.outside import picture_host
from tests.running import running_server


@pytest.fixture(scope="session")
def pictures() -> Iterator[str]:
    """The base URL of a host that serves images, well and badly."""
    with picture_host() as base:
        yield base


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of one real server that tests share; it may fetch from loopback."""
    with running_server(tmp_path_factory.mktemp("server") / "data", fetch_timeout_s="5") as base:
        yield base


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of requests recorded from real clients, byte for byte."""
    return Path(__file__).parent / "fixtures" / "requests"
