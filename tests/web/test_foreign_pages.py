"""A server without keys, and the pages that its user's browser happens to show."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.inside import PHOTO, serving
from tests.web.dialects.test_bad_input import VENDORS, with_headers

EVIL = "https://evil.example"
SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("keyless")
    with (
        serving(folder, cors_origins=(SHOP,), public_url="http://cut.example") as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        yield http


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("keyed")
    with (
        serving(folder, api_keys=("a-secret-of-16-characters",)) as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        yield http


READS = ("/", "/v1/models", "/v1/jobs/1", "/v1/operate/jobs", "/metrics", "/openapi.json", "/a/b")
ACTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/v1/jobs", {"content": PHOTO}),
    ("POST", "/v1/remove-background", {"files": {"image": ("a.jpg", PHOTO)}}),
    ("DELETE", "/v1/jobs/1", {}),
    ("POST", "/v1/operate/jobs/1/retry", {}),
    ("POST", "/v1/files", {"content": PHOTO}),
    ("GET", "/api/remove?url=http://pictures.example/a.jpg", {}),
)


@pytest.mark.parametrize("path", READS)
def test_a_page_that_made_its_name_lead_here_reads_nothing(
    keyless: httpx.Client, path: str
) -> None:
    answer = keyless.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "CUTOUTD_ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=["rebinding", "origin", "null", "site"],
)
def test_a_foreign_page_does_nothing(
    keyless: httpx.Client, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = keyless.request(method, path, headers=headers, **body)
    assert answer.status_code == 403
    assert "Without API keys" in answer.text


@pytest.mark.parametrize("name", VENDORS)
def test_every_dialect_refuses_a_foreign_page_in_its_own_words(
    keyless: httpx.Client, name: str
) -> None:
    vendor = VENDORS[name]
    request = with_headers(vendor.picture(PHOTO), {"Origin": EVIL})
    answer = keyless.post(vendor.path, **request)
    assert answer.status_code == (200 if name == "modelslab" else 403)
    assert "Without API keys" in vendor.shape(answer.json())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:1"},
        {"Host": "cut.example"},
        {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://cut.example"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "cors"},
    ],
)
def test_our_own_page_and_programs_may(keyless: httpx.Client, headers: dict[str, str]) -> None:
    assert keyless.post("/v1/jobs", content=PHOTO, headers=headers).status_code == 202


def test_health_checks_come_by_any_address(keyless: httpx.Client) -> None:
    for path in ("/livez", "/readyz"):
        assert keyless.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


def test_where_keys_are_asked_for_any_name_and_page_may_bring_one(keyed: httpx.Client) -> None:
    headers = {"Host": "cut.example", "Origin": SHOP, "X-Api-Key": "a-secret-of-16-characters"}
    assert keyed.post("/v1/jobs", content=PHOTO, headers=headers).status_code == 202
    assert keyed.post("/v1/jobs", content=PHOTO, headers={"Origin": SHOP}).status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("from_page", [{"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}])
def test_json_of_a_foreign_page_is_read_by_its_proper_type_alone(
    keyed: httpx.Client, kind: str, from_page: dict[str, str]
) -> None:
    body = json.dumps(
        {"key": "a-secret-of-16-characters", "image": "http://pictures.example/a.jpg"}
    )
    path = "/api/v6/image_editing/removebg_mask"
    told = keyed.post(path, content=body, headers={"Content-Type": kind, **from_page}).json()
    assert "Content-Type: application/json" in told["message"]
    headers = {"Content-Type": "application/json", **from_page}
    assert keyed.post(path, content=body, headers=headers).json()["status"] == "success"
    assert (
        keyed.post(path, content=body, headers={"Content-Type": kind}).json()["status"] == "success"
    )


def test_who_serves_strangers_on_purpose_may_be_called_by_any_name(tmp_path: Any) -> None:
    with serving(tmp_path, allow_anonymous=True) as base:
        assert httpx.get(f"{base}/v1/models", headers={"Host": "cut.lan"}).status_code == 200
        evil = {"Host": "cut.lan", "Origin": EVIL}
        assert httpx.post(f"{base}/v1/jobs", content=PHOTO, headers=evil).status_code == 403


def test_unless_the_names_are_said(tmp_path: Any) -> None:
    with serving(tmp_path, allow_anonymous=True, allowed_hosts=(".lan",)) as base:
        assert httpx.get(f"{base}/v1/models", headers={"Host": "cut.lan"}).status_code == 200
        assert httpx.get(f"{base}/v1/models", headers={"Host": "evil.example"}).status_code == 403
