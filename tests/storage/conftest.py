"""All artifact stores, so that every promise is tested on each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
from tests.storage.s3_server import CREDENTIALS, SERVERS, new_bucket, s3_endpoint

from cutoutd.storage import open_artifact_store
from cutoutd.storage.store import ArtifactStore, S3Options

Connect: TypeAlias = Callable[[str], S3Options]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Callable[[str], str]]:
    """Starts a server by its name when somebody first needs it."""
    with ExitStack() as running:
        yield cache(lambda name: running.enter_context(s3_endpoint(name)))


@pytest.fixture
def connect(endpoint: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Connect:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return lambda server: S3Options(endpoint=endpoint(server))


@pytest.fixture(params=SERVERS)
def s3_options(request: pytest.FixtureRequest, connect: Connect) -> S3Options:
    return connect(request.param)


@pytest.fixture(params=["local", *SERVERS, "s3rver/some/folder"])
def artifacts(request: pytest.FixtureRequest, connect: Connect, tmp_path: Path) -> ArtifactStore:
    if request.param == "local":
        return open_artifact_store("", tmp_path)
    server, slash, folder = request.param.partition("/")
    options = connect(server)
    return open_artifact_store(
        f"s3://{new_bucket(options.endpoint)}{slash}{folder}", tmp_path, s3=options
    )
