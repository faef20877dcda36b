"""What every answer has, whoever asked: headers for browsers, and nothing about our insides."""

import threading
from collections.abc import Iterator

import httpx
import pytest
from tests.inside import PHOTO, sent, serving

SHOP = "https://shop.example"
PATIENCE_S = 30.0
SUBMIT = "/api/v6/image_editing/removebg_mask"


@pytest.fixture(scope="module")
def released() -> threading.Event:
    """Set when the photos that the server's jobs wait for may arrive."""
    return threading.Event()


@pytest.fixture(scope="module")
def http(
    released: threading.Event, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A caller of a server that pages of the shop may use, and whose downloads wait."""

    def fetch(_: str) -> bytes:
        released.wait(PATIENCE_S)
        return PHOTO

    folder = tmp_path_factory.mktemp("app")
    with (
        serving(folder, fetch=fetch, cors_origins=SHOP, isolate=False) as base,
        httpx.Client(base_url=base, timeout=PATIENCE_S) as client,
    ):
        yield client
        released.set()


@pytest.fixture(scope="module")
def job(http: httpx.Client) -> dict[str, object]:
    """A job that waits for its photo."""
    body = {"key": "k", "image": "https://e.com/p.jpg", "instant_response": True}
    answer: dict[str, object] = http.post(SUBMIT, json=body).json()
    return answer


@pytest.fixture(scope="module")
def picture(http: httpx.Client, job: dict[str, object], released: threading.Event) -> str:
    """The link of its finished image."""
    released.set()
    native = http.get(f"/v1/jobs/{job['id']}", params={"wait": PATIENCE_S}).json()
    assert native["status"] == "succeeded"
    link: str = native["images"][0]["url"]
    return link


def test_a_future_link_is_404_until_its_file_is_there(
    http: httpx.Client, job: dict[str, object], request: pytest.FixtureRequest
) -> None:
    (link,) = job["future_links"]  # type: ignore[misc]
    assert http.get(link).status_code == 404
    assert request.getfixturevalue("picture") == link
    answer = http.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize("path", [SUBMIT, "/v1/jobs", "/v1.0/removebg", "/api/remove"])
def test_a_page_of_a_listed_origin_may_call(http: httpx.Client, path: str) -> None:
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-api-key, authorization, idempotency-key",
    }
    answer = http.options(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert {"content-type", "x-api-key", "authorization", "idempotency-key"} <= set(
        allowed.split(", ")
    )


def test_a_page_of_another_origin_may_not(http: httpx.Client) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    refused = http.options(SUBMIT, headers=headers)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-origin" not in http.get("/livez", headers=headers).headers


def test_a_page_may_read_the_finished_picture_and_every_refusal(
    http: httpx.Client, picture: str
) -> None:
    shop = {"Origin": SHOP}
    too_large = f"POST {SUBMIT} HTTP/1.1\r\nHost: here\r\nOrigin: {SHOP}\r\n"
    for answer in (
        http.get(picture, headers=shop),
        http.get("/generations/nothing.png", headers=shop),
        http.post(SUBMIT, json={}, headers=shop),
        sent(str(http.base_url), f"{too_large}Content-Length: 999999999999\r\n\r\n".encode()),
    ):
        assert answer.headers["access-control-allow-origin"] == SHOP, answer.text[:200]
        assert "origin" in answer.headers["vary"].lower()


def test_without_a_list_no_page_may_call(server: str) -> None:
    headers = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    for answer in (
        httpx.options(f"{server}{SUBMIT}", headers=headers),
        httpx.get(f"{server}/livez", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_is_what_it_says_and_tells_nothing_of_the_server(
    http: httpx.Client, picture: str
) -> None:
    paths = ("/livez", "/", "/nowhere", "/v1/jobs/1", picture, "/generations/%00.png")
    for path in paths:
        answer = http.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "no-referrer", path
        assert "x-powered-by" not in answer.headers
        assert "Traceback" not in answer.text
        assert "site-packages" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *("/generations", "/generations/", "/inputs/", "/generations/..%2f..%2fjobs.sqlite3"),
        *("/..%2fjobs.sqlite3/x", "/generations/%2e%2e", "/.partial/x", "/generations/%2e%2e%2fa"),
        *("/generations/..\\jobs.sqlite3", "//etc/passwd", "/static/..%2fpages.py"),
    ],
)
def test_no_folder_is_listed_and_no_path_leads_out(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code in (404, 405)
