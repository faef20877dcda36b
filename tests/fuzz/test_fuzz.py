"""No file and no request makes the server answer 500, hang, grow or leave something behind.

`make test` runs a few seconds of it, `make fuzz` (FUZZ_SECONDS=61) more. A failure names the
seed, the case and its bytes.
"""

import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.fuzz.pictures import damaged, odd, valid
from tests.fuzz.requests import fixed, strange
from tests.running import Running, running_process
from tests.web.dialects.test_bad_input import VENDORS
from tests.weighing import weigh

SECONDS = float(os.environ.get("FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("FUZZ_SEED", "7"))
THOROUGH = SECONDS > 60
"""Every case in every dialect; otherwise the dialects take turns."""
PATIENCE_S = 60.0
ROOM_BYTES = 150_000_000
"""What the largest image of the fuzz may leave in the allocators; it does so once."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("fuzz") / "data"
    with running_process(folder, sync_wait_s="40", keep_hours="0.01") as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def weight(running: Running) -> dict[str, Any]:
    """What the server weighs when it has done a few images."""
    for vendor in list(VENDORS.values())[:3]:
        for _ in range(2):
            httpx.post(
                running.base + vendor.path, timeout=PATIENCE_S, **vendor.picture(valid()["PNG RGB"])
            )
    return weigh(running.process.pid)


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.base, timeout=PATIENCE_S) as client:
        yield client


def bears(http: httpx.Client, path: str, what: str, **request: Any) -> None:
    answer = http.post(path, **request)
    unavailable = answer.status_code in (503, 504) and "retry-after" in answer.headers
    assert answer.status_code < 500 or unavailable, f"{path}, {what}: {answer.text[:300]}"
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text


@pytest.mark.parametrize("name", odd())
def test_an_odd_file_is_answered(http: httpx.Client, name: str) -> None:
    vendors = list(VENDORS.values())
    for vendor in vendors if THOROUGH else [vendors[list(odd()).index(name) % len(vendors)]]:
        bears(http, vendor.path, name, **vendor.picture(odd()[name]))


def test_every_mode_in_every_format_is_answered(http: httpx.Client) -> None:
    dialects = itertools.cycle(VENDORS.values())
    for name, data in valid().items():
        vendor = next(dialects)
        bears(http, vendor.path, name, **vendor.picture(data))


@pytest.mark.parametrize("name", VENDORS)
def test_a_hostile_request_is_answered(http: httpx.Client, name: str) -> None:
    for number, request in enumerate(fixed(VENDORS[name])):
        bears(http, VENDORS[name].path, f"fixed request {number}", **request)


def test_damaged_files_are_answered(http: httpx.Client) -> None:
    chance, until = random.Random(SEED), time.monotonic() + SECONDS
    vendors = list(VENDORS.values())
    for name, data in damaged(chance):
        vendor = chance.choice(vendors)
        bears(
            http, vendor.path, f"seed {SEED}, {name}, {data.hex()[:4000]}", **vendor.picture(data)
        )
        if time.monotonic() > until:
            break


def test_strange_fields_are_answered(http: httpx.Client) -> None:
    chance, until = random.Random(SEED), time.monotonic() + SECONDS
    for path, request in strange(chance):
        bears(http, path, f"seed {SEED}, {str(request)[:2000]}", **request)
        if time.monotonic() > until:
            break


def test_nothing_is_left_behind(running: Running, http: httpx.Client) -> None:
    assert http.get("/livez").status_code == 200
    assert running.process.poll() is None
    assert "Traceback" not in _unexpected(running.log)
    left = [file for file in running.folder.rglob("*") if file.name.endswith((".tmp", ".part"))]
    assert left == []
    assert list((running.folder / "artifacts" / ".partial").iterdir()) == []


def test_nothing_grew(running: Running, weight: dict[str, Any], http: httpx.Client) -> None:
    assert http.get("/livez").status_code == 200
    now = weigh(running.process.pid)
    assert now["memory"] < weight["memory"] + ROOM_BYTES, (weight, now)
    assert now["threads"] <= weight["threads"] + 8, (weight, now)
    assert now["files"] <= weight["files"] + 16, (weight, now)


def _unexpected(log: Path) -> str:
    """What the server wrote, without the reasons of the failures that it expects."""
    return "\n".join(line for line in log.read_text().splitlines() if "unexpected error" in line)
