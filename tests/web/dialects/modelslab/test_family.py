"""Every generation of the vendor's API, every way to ask for a job, and the small calls."""

import base64
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.inside import PHOTO
from tests.scenes import decoded

from cutoutd.web.dialects.modelslab.family import FETCHES, GENERATIONS

URL = "https://example.com/p.jpg"
DATA_URI = "data:image/jpeg;base64," + base64.b64encode(PHOTO).decode()
REMOVALS = [path for one in GENERATIONS.values() for path in one.removal]
KEY = "a-secret-of-16-characters"
V6 = "/api/v6/image_editing/removebg_mask"
V5 = "/api/v5/removebg_mask"
ENTERPRISE = "/api/v1/enterprise/image_editing"


def made(http: httpx.Client, path: str, **fields: Any) -> dict[str, Any]:
    answer = http.post(path, json={"key": "", "image": URL, **fields})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert body["status"] == "success", body
    return body


def said(http: httpx.Client, path: str, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = http.post(path, json={"key": "", **fields}).json()
    assert body["status"] == "success", body
    return body


@pytest.mark.parametrize("path", REMOVALS)
def test_every_address_removes_a_background(http: httpx.Client, path: str) -> None:
    link = made(http, path)["output"][0]
    assert decoded(http.get(link).content).mode == "RGBA"


@pytest.mark.parametrize("path", FETCHES)
def test_every_fetch_address_knows_every_job(http: httpx.Client, path: str) -> None:
    job = made(http, V6)
    by_path = http.post(f"{path}/{job['id']}", json={"key": ""}).json()
    by_field = http.post(path, data={"key": "", "request_id": str(job["id"])}).json()
    without_body = http.post(f"{path}//{job['id']}").json()
    assert by_path == by_field == without_body == job


def test_a_fetch_without_an_id_says_what_is_missing(http: httpx.Client) -> None:
    answer = http.post("/api/v3/fetch", json={"key": ""}).json()
    assert answer["status"] == "error"
    assert "request_id" in answer["message"]


def test_v5_answers_as_its_documents_have_it(http: httpx.Client) -> None:
    body = made(http, V5, only_mask=True)
    assert set(body) == {"status", "generationTime", "id", "output", "meta"}
    assert body["meta"]["only_mask"] is True
    assert body["meta"]["instant_response"] == "no"
    assert "n_samples" not in body["meta"]
    name = PurePosixPath(urlsplit(body["output"][0]).path).name
    assert name.endswith(".png.png")
    assert name == f"{body['meta']['file_prefix']}.png"


def test_v5_takes_urls_joined_by_commas_and_answers_in_their_order(http: httpx.Client) -> None:
    body = made(http, V5, image=f"{URL},https://e.com/b.jpg?a=1,2")
    assert len(body["output"]) == 2
    assert body["meta"]["image_url"] == f"{URL},https://e.com/b.jpg?a=1,2"


@pytest.mark.parametrize(("name", "generation"), GENERATIONS.items())
def test_what_is_not_done_is_fetched_where_the_answer_says(
    http: httpx.Client, name: str, generation: Any
) -> None:
    body = http.post(
        generation.removal[0], json={"image": URL, "instant_response": "yes", "base64": "no"}
    ).json()
    assert body["status"] == "processing"
    assert body["fetch_result"].endswith(f"{generation.fetch}/{body['id']}")
    for _ in range(400):
        state = http.post(body["fetch_result"]).json()
        if state["status"] != "processing":
            break
    assert state["output"] == body["future_links"]


def test_v8_takes_its_own_name_of_the_picture_and_a_model_it_does_not_have(
    http: httpx.Client,
) -> None:
    fields = {"image_url": URL, "model_id": "background-remover-1", "base64": "no", "seed": None}
    body = http.post("/api/v8/images/background-removal", json=fields).json()
    assert body["meta"]["model"] == "cutoutd-small"


@pytest.mark.parametrize("place", ["body", "key", "bearer", "query"])
def test_the_key_is_found_wherever_clients_put_it(strict_http: httpx.Client, place: str) -> None:
    fields = {"image": DATA_URI, "instant_response": True}
    ways: dict[str, dict[str, Any]] = {
        "body": {"json": {"key": KEY, **fields}},
        "key": {"json": fields, "headers": {"key": KEY}},
        "bearer": {
            "json": fields,
            "headers": {"Authorization": f"Bearer {KEY}"},
        },
        "query": {"json": fields, "params": {"key": KEY}},
    }
    assert strict_http.post(V6, **ways[place]).json()["status"] in ("processing", "success")


def test_everything_may_stand_in_the_query(http: httpx.Client) -> None:
    body = http.post(V6, params={"key": "", "image": URL, "only_mask": "yes"}).json()
    assert body["meta"]["only_mask"] == "1"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v6/image_editing/base64_to_url", "init_image"),
        ("/api/v6/base64_to_url", "base64_string"),
        ("/api/v3/base64_crop", "image"),
    ],
)
def test_a_picture_as_base64_gets_a_link(http: httpx.Client, path: str, field: str) -> None:
    body = said(http, path, **{field: DATA_URI, "crop": "true"})
    link = body.get("link") or body["output"][0]
    answer = http.get(link)
    assert answer.content == PHOTO
    assert answer.headers["content-type"] == "image/jpeg"
    assert isinstance(body.get("request_id", body.get("id")), int)


@pytest.mark.parametrize("value", ["aGVsbG8=", "data:text/html;base64,PGI+", URL, ""])
def test_only_pictures_get_a_link(http: httpx.Client, value: str) -> None:
    answer = http.post("/api/v6/base64_to_url", json={"base64_string": value}).json()
    assert answer["status"] == "error"
    assert "image" in answer["message"].lower()


def test_there_is_always_enough_in_the_wallet(http: httpx.Client) -> None:
    assert said(http, "/api/wallet_balance")["data"]["balance"] > 0


def test_what_is_not_done_is_counted(http: httpx.Client) -> None:
    path = "/api/v6/processing/request_count"
    assert isinstance(said(http, path)["processing_count"], int)
    assert http.get(path).json()["status"] == "success"


def test_a_deleted_picture_is_gone(http: httpx.Client) -> None:
    job = made(http, V6)
    assert http.get(job["output"][0]).status_code == 200
    said(http, "/api/v3/delete_image", request_id=job["id"], type="image_editing")
    assert http.get(job["output"][0]).status_code == 410


def test_pictures_are_listed_from_the_newest_page_by_page(http: httpx.Client) -> None:
    ids = [made(http, V6)["id"] for _ in range(3)]
    path = "/api/v6/assets_generated"
    first = said(http, path, type="image_editing", page=1, per_page=2)
    second = said(http, path, type="image_editing", page=2, per_page=2)
    assert [asset["id"] for asset in first["data"] + second["data"]][:3] == ids[::-1]
    assert first["pagination"]["total"] >= 3
    assert first["type"] == "image_editing"


def test_an_enterprise_server_tells_about_itself_and_clears_its_queue(
    http: httpx.Client,
) -> None:
    assert said(http, f"{ENTERPRISE}/system_details")["data"]["model"] == "cutoutd-small"
    assert "cleared" in said(http, f"{ENTERPRISE}/clear_queue")["message"]


def test_a_cleared_job_is_told_as_failed_or_was_done(strict_http: httpx.Client) -> None:
    job = strict_http.post(V6, json={"key": KEY, "image": DATA_URI}).json()
    said(strict_http, f"{ENTERPRISE}/clear_queue", key=KEY)
    for _ in range(400):
        state = strict_http.post(job["fetch_result"], json={"key": KEY}).json()
        if state["status"] != "processing":
            break
    assert state["status"] in ("failed", "success")


def test_a_wrong_key_is_told_nothing_about_a_job(strict_http: httpx.Client) -> None:
    job = strict_http.post(V6, json={"key": KEY, "image": DATA_URI}).json()
    answer = strict_http.post(f"/api/v3/fetch/{job['id']}", json={"key": "wrong"}).json()
    assert answer == {"status": "error", "message": "Invalid API key"}
