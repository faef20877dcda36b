import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cutoutd.cli import app
from cutoutd.clients.clients import Clients
from cutoutd.clients.keys import KeyStore
from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.database import open_database
from cutoutd.jobs.model import now_ms


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*words: str) -> str:
    return CliRunner().invoke(app, ["keys", *words], catch_exceptions=False).output


def listed() -> list[dict[str, object]]:
    entries: list[dict[str, object]] = json.loads(run("list", "--json"))
    return entries


def test_a_key_is_printed_once_and_lets_its_client_in(folder: Path) -> None:
    secret = run("create", "shop", "--per-minute", "30", "--days", "1").strip()
    assert re.fullmatch(r"cutoutd_[A-Za-z0-9_-]{43}", secret)
    assert secret not in run("list")
    database = open_database("", folder)
    clients = Clients([KeyStore(database, now_ms=now_ms).all], now_ms=now_ms)
    database.close()
    assert clients.authenticate(secret) == "shop"
    [entry] = listed()
    assert (entry["client"], entry["per_minute"], entry["state"]) == ("shop", 30, "usable")


def test_a_revoked_key_says_so() -> None:
    run("create", "shop")
    [entry] = listed()
    assert "Revoked" in run("revoke", str(entry["id"]))
    assert [one["state"] for one in listed()] == ["revoked"]


def test_a_rotated_key_has_a_successor_and_ends_after_its_grace() -> None:
    old = run("create", "shop", "--operate")
    [entry] = listed()
    assert run("rotate", str(entry["id"]), "--grace-days", "0") not in ("", old)
    assert sorted(str(one["state"]) for one in listed()) == ["revoked", "usable"]
    assert {str(one["scopes"]) for one in listed()} == {"operate remove"}


def test_a_name_that_could_confuse_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="name"):
        run("create", "a b\n")


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(NotFound, match="0123456789ab"):
        run("revoke", "0123456789ab")
