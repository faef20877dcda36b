"""What a client got from us before is its next image, read without calling any network."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.scenes import decoded

from cutoutd.errors import ForbiddenAddress

MINE, THEIRS = "my-own-key-0000001", "another-key-000002"
V6 = "/api/v6/image_editing"
ELSEWHERE = "https://cut.example.com/behind/a/prefix"


def no_network(_: str) -> bytes:
    raise ForbiddenAddress("the test")


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that calls nobody."""
    data_dir = tmp_path_factory.mktemp("own")
    with (
        serving(data_dir, fetch=no_network, api_keys=(MINE, THEIRS)) as base,
        httpx.Client(base_url=base, timeout=60, headers={"X-Api-Key": MINE}) as client,
    ):
        yield client


def said(http: httpx.Client, path: str, **fields: Any) -> Any:
    return http.post(path, json={"key": MINE, **fields}).json()


def uri() -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(PHOTO).decode()}"


@pytest.fixture(scope="module", params=["base64_to_url", "base64_crop", "output", "text", "file"])
def own(request: pytest.FixtureRequest, http: httpx.Client) -> str:
    """A link that the server made for this client, or an upload's id."""
    if request.param == "base64_to_url":
        return str(said(http, f"{V6}/base64_to_url", init_image=uri())["output"][0])
    if request.param == "base64_crop":
        return str(said(http, "/api/v3/base64_crop", image=uri(), crop="false")["link"])
    if request.param == "file":
        return str(http.post("/v1/files", content=PHOTO).json()["id"])
    asked = {"image": uri(), "base64": request.param == "text", "file_prefix": "mine"}
    return str(said(http, f"{V6}/removebg_mask", **asked)["output"][0])


NEXT = {
    "/api/v8/images/background-removal": "image_url",
    "/api/v5/removebg_mask": "image",
    "/v1.0/removebg": "image_url",
    "/v1/results": "url",
    "/background-removal": "init_image",
    "/v1.0/alpha-channel-base64": "image_base64",
    "/v1/remove-background": "image",
    "/v1/segment": "image_file",
}


@pytest.mark.parametrize("path", NEXT)
def test_it_is_the_next_picture_of_every_dialect(http: httpx.Client, own: str, path: str) -> None:
    answer = http.post(path, json={"key": MINE, NEXT[path]: own})
    assert answer.status_code == 200, answer.text
    if "json" in answer.headers["content-type"]:
        assert "error" not in answer.text
        assert "failure" not in answer.text
    else:
        assert decoded(answer.content).mode == "RGBA"


def test_the_host_in_a_link_does_not_matter(http: httpx.Client) -> None:
    link = said(http, f"{V6}/base64_to_url", init_image=uri())["output"][0]
    elsewhere = link.replace(str(http.base_url).rstrip("/"), ELSEWHERE)
    answer = said(http, f"{V6}/removebg_mask", image=f"{link}, {elsewhere}?token=7")
    assert answer["status"] == "success"
    assert len(answer["output"]) == 2


def test_a_background_may_be_an_earlier_picture(http: httpx.Client) -> None:
    link = said(http, f"{V6}/base64_to_url", init_image=uri())["output"][0]
    body = {"image_url": link, "bg_image_url": link}
    assert http.post("/v1.0/removebg", json=body).headers["content-type"] == "image/jpeg"


def test_another_clients_link_is_a_url_like_any_other(http: httpx.Client, own: str) -> None:
    answer = http.post("/v1.0/removebg", json={"image_url": own}, headers={"X-Api-Key": THEIRS})
    assert answer.json()["errors"][0]["code"] == "invalid_image_url"


def test_another_clients_upload_is_no_file(http: httpx.Client) -> None:
    stranger = {"X-Api-Key": THEIRS}
    file_id = http.post("/v1/files", content=PHOTO).json()["id"]
    assert http.delete(f"/v1/files/{file_id}", headers=stranger).status_code == 204
    asked = {"file": file_id}
    assert http.post("/v1/jobs", json=asked, headers=stranger).json()["field"] == "file"
    assert http.post("/v1/jobs", json=asked).status_code == 202


def test_a_link_whose_picture_is_gone_is_said_to_be(http: httpx.Client) -> None:
    done = said(http, f"{V6}/removebg_mask", image=uri())
    said(http, "/api/v3/delete_image", request_id=done["id"])
    again = said(http, f"{V6}/removebg_mask", image=done["output"][0])
    assert again["status"] == "error"
    assert "not any more" in again["message"]


def test_the_answer_repeats_the_link(http: httpx.Client) -> None:
    link = said(http, f"{V6}/base64_to_url", init_image=uri())["output"][0]
    assert said(http, f"{V6}/removebg_mask", image=link)["meta"]["image_url"] == link
