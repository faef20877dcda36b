import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.segmentation.sam import write_own_sam


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server that reaches every URL there is, takes 1 MB, and has `sam`."""
    data_dir = tmp_path_factory.mktemp("world")
    write_own_sam(data_dir / "models")
    with serving(data_dir, max_upload_mb=1) as base:
        yield base


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server that wants a key and waits for nothing."""
    data_dir = tmp_path_factory.mktemp("strict")
    with serving(data_dir, api_keys=("a-secret-of-16-characters",), sync_wait_s=0) as base:
        yield base


@pytest.fixture(scope="session")
def http(world: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=world, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def strict_http(strict: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=strict, timeout=60) as client:
        yield client


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server whose images do not come before the test is over."""
    over = threading.Event()

    def fetch(_: str) -> bytes:
        over.wait(60)
        return PHOTO

    with (
        serving(tmp_path / "slow", fetch=fetch) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        yield http
        over.set()
