"""The promises of an artifact store; they hold for local files and for S3."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from tests.storage.s3_server import CREDENTIALS, new_bucket

from cutoutd.errors import ConfigurationError, NotFound
from cutoutd.storage import open_artifact_store
from cutoutd.storage.store import ArtifactStore, S3Options, media_type_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def test_what_was_put_comes_back(artifacts: ArtifactStore) -> None:
    artifacts.put("generations/a.png", PNG, media_type="image/png")
    assert artifacts.get("generations/a.png") == PNG


def test_an_empty_artifact_is_an_artifact(artifacts: ArtifactStore) -> None:
    artifacts.put("a/empty.png", b"", media_type="image/png")
    assert artifacts.get("a/empty.png") == b""
    assert artifacts.stat("a/empty.png").size == 0


def test_putting_again_replaces_and_changes_the_etag(artifacts: ArtifactStore) -> None:
    artifacts.put("a.png", PNG, media_type="image/png")
    before = artifacts.stat("a.png").etag
    artifacts.put("a.png", PNG + b"more", media_type="image/png")
    assert artifacts.get("a.png") == PNG + b"more"
    assert artifacts.stat("a.png").etag != before


def test_what_is_to_be_synced_later_comes_back_before_and_after(artifacts: ArtifactStore) -> None:
    artifacts.put("inputs/a", PNG, media_type="image/png", durable=False)
    assert artifacts.get("inputs/a") == PNG
    artifacts.sync(["inputs/a"])
    assert artifacts.get("inputs/a") == PNG


def test_what_went_before_it_was_synced_is_no_mistake(artifacts: ArtifactStore) -> None:
    artifacts.put("inputs/a", PNG, media_type="image/png", durable=False)
    artifacts.delete("inputs/a")
    artifacts.sync(["inputs/a", "inputs/never"])


def test_an_artifact_says_its_size_type_and_time(artifacts: ArtifactStore) -> None:
    before = time.time() * 1000
    artifacts.put("a/b/c.base64", b"aGVsbG8=", media_type="text/plain")
    stat = artifacts.stat("a/b/c.base64")
    assert (stat.size, stat.media_type) == (8, "text/plain")
    assert before - 2000 <= stat.modified_at_ms <= time.time() * 1000 + 2000
    assert stat.etag.startswith('"')
    assert stat.etag.endswith('"')


def test_a_key_without_an_ending_has_the_type_of_its_bytes(artifacts: ArtifactStore) -> None:
    artifacts.put("generations/auto", PNG, media_type="image/png")
    assert artifacts.stat("generations/auto").media_type == "image/png"


@pytest.mark.parametrize("verb", ["get", "stat"])
def test_what_is_not_there_is_not_found(artifacts: ArtifactStore, verb: str) -> None:
    with pytest.raises(NotFound):
        getattr(artifacts, verb)("generations/missing.png")


def test_deleting_is_final_and_may_be_repeated(artifacts: ArtifactStore) -> None:
    artifacts.put("a.png", PNG, media_type="image/png")
    artifacts.delete("a.png")
    artifacts.delete("a.png")
    with pytest.raises(NotFound):
        artifacts.get("a.png")


@pytest.mark.parametrize(
    "key",
    [
        *("../a", "a/../b", "/etc/passwd", "a//b", "", ".", ".hidden", "a/.partial/b", "a\\b"),
        *("a\0b", "a/b/", "a b", "ä", "a" * 201, "a/" * 8 + "b", "a%2fb", "C:a", "a\nb", "a\n"),
    ],
)
def test_a_key_that_could_lead_elsewhere_is_not_found(artifacts: ArtifactStore, key: str) -> None:
    local = type(artifacts).__name__ == "LocalArtifactStore"
    for verb in (artifacts.get, artifacts.stat, artifacts.path if local else artifacts.url):
        with pytest.raises(NotFound):
            verb(key)
    with pytest.raises(NotFound):
        artifacts.delete(key)
    with pytest.raises(NotFound):
        artifacts.put(key, PNG, media_type="image/png")


def test_old_artifacts_can_be_found_below_a_prefix(artifacts: ArtifactStore) -> None:
    for key in ("inputs/a", "inputs/b", "generations/c.png"):
        artifacts.put(key, PNG, media_type="image/png")
    soon = int(time.time() * 1000) + 60_000
    assert sorted(artifacts.older_than("inputs/", soon)) == ["inputs/a", "inputs/b"]
    assert list(artifacts.older_than("inputs/", soon - 3_600_000)) == []


# Not s3rver, which writes over a file in its place.
@pytest.mark.parametrize("artifacts", ["local", "moto"], indirect=True)
def test_a_reader_never_sees_a_part_of_an_artifact(artifacts: ArtifactStore) -> None:
    versions = [bytes([n]) * 200_000 for n in range(6)]
    artifacts.put("a.png", versions[0], media_type="image/png")
    written = threading.Event()
    seen: list[bytes] = []

    def read() -> None:
        while not written.is_set():
            seen.append(artifacts.get("a.png"))

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions:
        artifacts.put("a.png", version, media_type="image/png")
    written.set()
    reader.join()
    assert seen
    assert all(whole in versions for whole in seen)


def test_a_presigned_link_works_without_us_once_the_file_is_there(
    s3_options: S3Options, tmp_path: Path
) -> None:
    bucket = new_bucket(s3_options.endpoint)
    artifacts = open_artifact_store(f"s3://{bucket}/p", tmp_path, s3=s3_options)
    link = artifacts.url("generations/later.png")
    assert link is not None
    assert httpx.get(link).status_code == 404
    artifacts.put("generations/later.png", PNG, media_type="image/png")
    answer = httpx.get(link)
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")


def test_a_presigned_link_that_has_expired_is_refused(
    connect: Callable[[str], S3Options], tmp_path: Path
) -> None:
    options = replace(connect("s3rver"), link_s=60)  # Of the two, the one that looks.
    artifacts = open_artifact_store(f"s3://{new_bucket(options.endpoint)}", tmp_path, s3=options)
    artifacts.put("generations/a.png", PNG, media_type="image/png")
    link = artifacts.url("generations/a.png")
    assert link is not None
    assert httpx.get(link).content == PNG
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y%m%dT%H%M%SZ")
    expired = httpx.URL(link).copy_set_param("X-Amz-Date", yesterday)
    assert httpx.get(expired).status_code == 403


def test_a_public_address_makes_plain_links(s3_options: S3Options, tmp_path: Path) -> None:
    public = S3Options(endpoint=s3_options.endpoint, public_url="https://cdn.example/")
    artifacts = open_artifact_store("s3://bucket/some/folder", tmp_path, s3=public)
    assert artifacts.url("generations/a.png") == "https://cdn.example/some/folder/generations/a.png"


@pytest.mark.parametrize("url", ["gopher://x", "s3:/bucket", "file:relative", "/folder"])
def test_a_storage_url_of_another_kind_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_STORAGE_URL"):
        open_artifact_store(url, tmp_path)


def test_a_file_url_names_a_folder(tmp_path: Path) -> None:
    open_artifact_store(f"file://{tmp_path}/there", tmp_path).put("a.png", PNG, media_type="")
    assert (tmp_path / "there" / "a.png").read_bytes() == PNG


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"<svg", "application/octet-stream"),
    ],
)
def test_bytes_without_an_ending_are_recognised(head: bytes, media_type: str) -> None:
    assert media_type_of("generations/auto", head) == media_type


def test_a_presigned_link_carries_the_signature_and_end_that_s3_checks(
    s3_options: S3Options, tmp_path: Path
) -> None:
    """Computed from the description of Signature Version 4: no test server checks the signature."""
    options = replace(s3_options, link_s=600)
    link = open_artifact_store("s3://bucket/p", tmp_path, s3=options).url("generations/a.png")
    assert link is not None
    address = urlsplit(link)
    asked = dict(parse_qsl(address.query))
    signature = asked.pop("X-Amz-Signature")
    assert asked["X-Amz-Expires"] == "600"
    assert asked["X-Amz-SignedHeaders"] == "host"
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(asked.items()))
    request = f"GET\n{address.path}\n{query}\nhost:{address.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = asked["X-Amz-Credential"].split("/", 1)[1]
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{asked['X-Amz-Date']}\n{scope}\n{hashed}"
    key = f"AWS4{CREDENTIALS['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert hmac.digest(key, to_sign.encode(), "sha256").hex() == signature
