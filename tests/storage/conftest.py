"""Both artifact stores, so that every promise is tested on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.storage.s3_server import CREDENTIALS, new_bucket, s3_endpoint

from cutoutd.storage import open_artifact_store
from cutoutd.storage.store import ArtifactStore, S3Options


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with s3_endpoint() as address:
        yield address


@pytest.fixture
def s3_options(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> S3Options:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return S3Options(endpoint=endpoint)


@pytest.fixture(params=["local", "s3", "s3-with-prefix"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "local":
        return open_artifact_store("", tmp_path)
    options: S3Options = request.getfixturevalue("s3_options")
    folder = "/some/folder" if request.param == "s3-with-prefix" else ""
    return open_artifact_store(f"s3://{new_bucket(options.endpoint)}{folder}", tmp_path, s3=options)
