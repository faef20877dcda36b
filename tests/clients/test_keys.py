from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.jobs.samples import FakeClock

from cutoutd.clients.keys import (
    ApiKey,
    KeyStore,
    Scope,
    digest_of,
    keys_from_file,
    keys_from_secrets,
    new_secret,
)
from cutoutd.errors import ConfigurationError, NotFound
from cutoutd.jobs.database import Database, open_database

SHOP = ApiKey(digest=b"", client="shop", per_minute=60, unfinished=4)
DAY_MS = 86_400_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database("", tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, clock: FakeClock) -> KeyStore:
    return KeyStore(database, now_ms=clock)


def test_a_secret_holds_256_bits_and_no_two_are_alike() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret.removeprefix("cutoutd_")) == 43 for secret in secrets)


def test_only_the_digest_of_a_key_is_kept(store: KeyStore, tmp_path: Path) -> None:
    secret = store.create(SHOP)
    [kept] = store.all()
    assert kept.digest == sha256(secret.encode()).digest()
    assert (kept.client, kept.per_minute, kept.unfinished) == ("shop", 60, 4)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"shop" in written
    assert secret.encode() not in written


def test_a_revoked_key_is_listed_but_not_usable(store: KeyStore, clock: FakeClock) -> None:
    store.create(SHOP)
    [key] = store.all()
    store.revoke(key.id)
    [revoked] = store.all()
    assert key.usable(clock())
    assert not revoked.usable(clock())
    with pytest.raises(NotFound):
        store.revoke(key.id)


def test_a_rotated_key_works_beside_the_new_one_for_the_grace(
    store: KeyStore, clock: FakeClock
) -> None:
    old_secret = store.create(SHOP)
    [old] = store.all()
    new_one = store.rotate(old.id, grace_days=1)
    by_digest = {key.digest: key for key in store.all()}
    old, new = by_digest[digest_of(old_secret)], by_digest[digest_of(new_one)]
    assert (new.client, new.scopes, new.per_minute) == (old.client, old.scopes, old.per_minute)
    assert old.usable(clock() + DAY_MS - 1)
    assert not old.usable(clock() + DAY_MS)
    assert new.usable(clock() + 1000 * DAY_MS)


def test_an_unknown_key_cannot_be_rotated(store: KeyStore) -> None:
    with pytest.raises(NotFound):
        store.rotate("0123456789ab", grace_days=0)


def test_a_key_expires(clock: FakeClock) -> None:
    key = ApiKey(digest=b"x", client="shop", expires_at=clock() + 1)
    assert key.usable(clock())
    assert not key.usable(clock() + 1)


def test_keys_of_the_environment_are_clients_of_their_own_that_may_do_everything() -> None:
    one, two = keys_from_secrets(("alpha", "beta"))
    assert one.client != two.client
    assert "alpha" not in one.client
    assert one.scopes == frozenset(Scope)


def test_a_file_of_keys_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(
        f"""
        [[keys]]
        client = "shop"
        sha256 = "{sha256(b"secret").hexdigest()}"
        per_minute = 30
        expires = 2030-01-01T00:00:00Z

        [[keys]]
        client = "operator"
        sha256 = "{sha256(b"other").hexdigest()}"
        scopes = ["remove", "operate"]
        """
    )
    shop, operator = keys_from_file(path)
    assert (shop.client, shop.per_minute) == ("shop", 30)
    assert shop.digest == digest_of("secret")
    assert shop.expires_at == datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000
    assert operator.scopes == {Scope.REMOVE, Scope.OPERATE}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("keys = 3", "keys"),
        ("nonsense", "TOML"),
        ("", r"holds no \[\[keys\]\]"),
        ("# soon", r"holds no \[\[keys\]\]"),
        ("[[keys]]\nclient = 'shop'", r"keys\.0\.sha256"),
        ("[[keys]]\nclient = 'a/b'\nsha256 = '" + "0" * 64 + "'", r"keys\.0\.client"),
        ("[[keys]]\nclient = 'a'\nkey = 'x'\nsha256 = '" + "0" * 64 + "'", r"keys\.0\.key"),
    ],
)
def test_a_wrong_file_of_keys_says_where(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=named):
        keys_from_file(path)


def test_a_file_may_say_that_there_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("keys = []")
    assert keys_from_file(path) == []


def test_a_missing_file_of_keys_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CUTOUTD_API_KEYS_FILE"):
        keys_from_file(tmp_path / "none.toml")


def test_a_row_of_another_version_is_no_key_and_the_others_count(
    store: KeyStore, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store.create(SHOP)
    with database.write() as tx:
        tx.execute(
            text(
                "INSERT INTO api_keys (digest, client, scopes, created_at)"
                " VALUES ('ab', 'new', 'remove audit', 1)"
            )
        )
    assert [kept.client for kept in store.all()] == ["shop"]
    assert "the API key ab cannot be read" in caplog.text
