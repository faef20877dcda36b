"""A data folder that version 0.1.0 wrote opens in this one, with everything in it."""

import io
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.inside import serving

OLD = Path(__file__).parents[1] / "fixtures" / "data-0.1.0"
KEY = "key-of-version-0.1.0"
SHOPS_KEY = "cutoutd_sa9icPpWHXAji00PvoROWzrI9tw0a_yKlWvHLvOpE4g"
SUCCEEDED = {1: "temp", 2: "generations", 4: "generations", 5: "generations"}
UNFINISHED = (6, 7, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(OLD, tmp_path_factory.mktemp("old") / "data")


@pytest.fixture(scope="module")
def http(folder: Path) -> Iterator[httpx.Client]:
    """A caller of this version's server over that folder, with the old key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        serving(folder, api_keys=KEY, fetch_allow="127.0.0.0/8", isolate=False) as base,
        httpx.Client(base_url=base, headers=headers, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("job", SUCCEEDED)
def test_an_image_that_was_finished_before_is_the_same_after(
    http: httpx.Client, folder: Path, job: int
) -> None:
    answer = http.get(f"/v1/jobs/{job}").json()
    assert answer["status"] == "succeeded"
    (image,) = answer["images"]
    found = http.get(image["url"])
    assert found.status_code == 200
    name = Path(image["url"]).name
    assert found.content == (OLD / "artifacts" / SUCCEEDED[job] / name).read_bytes()


def test_a_job_that_failed_before_still_says_why(http: httpx.Client) -> None:
    answer = http.get("/v1/jobs/3").json()
    assert (answer["status"], answer["failure"]["reason"]) == ("failed", "not_an_image")


@pytest.mark.parametrize("job", UNFINISHED)
def test_a_job_that_was_accepted_before_is_finished_after(http: httpx.Client, job: int) -> None:
    answer = http.get(f"/v1/jobs/{job}", params={"wait": 60}).json()
    assert answer["status"] == "succeeded"
    cutout = Image.open(io.BytesIO(http.get(answer["images"][0]["url"]).content))
    assert (cutout.mode, cutout.size) == ("RGBA", (900, 700))


def test_a_vendors_call_for_a_job_of_before_is_answered(http: httpx.Client) -> None:
    answer = http.post("/api/v6/image_editing/fetch/5", json={"key": KEY}).json()
    assert answer["status"] == "success"


def test_a_webhook_that_was_not_delivered_is_still_owed(http: httpx.Client, folder: Path) -> None:
    assert http.get("/v1/jobs/4").status_code == 200
    with sqlite3.connect(folder / "jobs.sqlite3") as database:
        (state,) = database.execute("SELECT state FROM deliveries WHERE job_id = 4").fetchone()
    assert state == "pending"


def test_a_key_of_before_may_still_be_used(http: httpx.Client) -> None:
    own = {"Authorization": f"Bearer {SHOPS_KEY}"}
    assert http.get("/v1/models", headers=own).status_code == 200
    assert http.get("/v1/jobs/2", headers=own).status_code == 404
