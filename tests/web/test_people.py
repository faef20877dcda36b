"""The pages and the operator's API on a real server, without and with keys."""

import re
from collections.abc import Iterator

import httpx
import pytest
from tests.running import running_server
from tests.scenes import ball, encoded

import cutoutd
from cutoutd.options.presets import PRESETS
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest

OPERATOR = "the-key-from-the-environment"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that asks for keys."""
    folder = tmp_path_factory.mktemp("guarded") / "data"
    with running_server(folder, api_keys=OPERATOR) as base:
        yield base


def as_operator(base: str, method: str, path: str) -> httpx.Response:
    return httpx.request(method, base + path, headers={"Authorization": f"Bearer {OPERATOR}"})


@pytest.mark.parametrize("path", ["/", "/jobs", "/playground/app.js", "/playground/style.css"])
def test_the_pages_are_there_for_everybody(guarded: str, path: str) -> None:
    assert httpx.get(guarded + path).status_code == 200


NOT_ON_THE_PAGE = {
    "image": "the images themselves",
    "file": "uploads, which the page makes by itself",
    "outputs": "the page asks for cutout and mask",
    "background": "the page puts it behind, also in the download",
    "background_image": "likewise",
    "keep_mask": "the brush sends strokes",
    "remove_mask": "likewise",
    "strokes": "the brush of the page",
    "frames": "the page shows and downloads still images",
    "webhook": "nobody on the page could receive it",
    "keep_for_s": "the page keeps nothing",
}


def test_the_page_offers_every_option_that_the_api_has(server: str) -> None:
    offered = set(re.findall(r'name="(\w+)"', httpx.get(server).text))
    wanted = RemoveBackgroundRequest.model_fields.keys() - NOT_ON_THE_PAGE.keys()
    assert wanted - offered == set()


def test_the_page_offers_every_preset_with_the_format_that_it_answers(server: str) -> None:
    page = httpx.get(server).text
    offered = dict(re.findall(r'name="preset" value="([^"]+)" data-format="(\w+)"', page))
    assert offered == {name: preset.options["format"] for name, preset in PRESETS.items()}


def test_the_pages_may_run_no_script_from_elsewhere(server: str) -> None:
    policy = httpx.get(server).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy


def test_the_pages_show_no_image_from_elsewhere(server: str) -> None:
    policy = httpx.get(server).headers["content-security-policy"]
    assert "img-src 'self' blob: data:;" in policy


def test_a_page_that_has_not_changed_is_not_sent_again(server: str) -> None:
    tag = httpx.get(server).headers["etag"]
    assert httpx.get(server, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("name", ["__init__.py", "..%2fapp.py", "nothing.js"])
def test_only_the_pages_own_files_are_served(server: str, name: str) -> None:
    assert httpx.get(f"{server}/playground/{name}").status_code == 404


def test_readiness_says_what_it_looked_at(server: str) -> None:
    answer = httpx.get(f"{server}/readyz").json()
    assert answer["status"] == "ready"
    assert set(answer["checks"]) == {"store", "queue", "storage", "model", "loops"}


def test_the_operator_sees_a_job_that_somebody_made(guarded: str) -> None:
    files = {"image": ("ball.png", encoded(ball()), "image/png")}
    made = httpx.post(
        f"{guarded}/v1/jobs?wait=20", files=files, headers={"X-Api-Key": OPERATOR}, timeout=30
    ).json()

    page = as_operator(guarded, "GET", "/v1/operate/jobs?status=succeeded").json()

    assert made["id"] in [line["id"] for line in page["jobs"]]
    assert as_operator(guarded, "GET", "/v1/operate/overview").json()["jobs"]["succeeded"] >= 1


def test_a_failed_job_is_listed_with_its_reason_and_can_be_run_again(
    guarded: str, pictures: str
) -> None:
    body = {"image": f"{pictures}/page"}
    made = httpx.post(
        f"{guarded}/v1/jobs?wait=20", json=body, headers={"X-Api-Key": OPERATOR}, timeout=30
    ).json()
    page = as_operator(guarded, "GET", "/v1/operate/jobs?status=failed").json()
    line = next(line for line in page["jobs"] if line["id"] == made["id"])
    assert line["reason"].startswith("source_rejected: ")

    again = as_operator(guarded, "POST", f"/v1/operate/jobs/{made['id']}/retry")

    assert again.json()["status"] == "queued"


@pytest.mark.parametrize("path", ["/readyz", "/v1/health", "/openapi.json", "/livez"])
def test_a_stranger_is_told_that_the_server_is_ready_and_no_more(guarded: str, path: str) -> None:
    told = httpx.get(guarded + path)
    assert told.status_code == 200
    assert cutoutd.__version__ not in told.text
    assert "wait" not in told.text or path == "/openapi.json"
    if path in ("/readyz", "/v1/health"):
        assert as_operator(guarded, "GET", path).json()["checks"]["store"] == "reachable"
        assert told.json()["status"] == "ready"
        assert not told.json().get("checks")


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 4000, "-1", "1.5", "x", "%00"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/operate/jobs?before={}"),
        ("GET", "/v1/operate/jobs?limit={}"),
        ("POST", "/v1/operate/jobs/{}/retry"),
        ("DELETE", "/v1/operate/jobs/{}"),
        ("POST", "/v1/operate/deliveries/{}/replay"),
    ],
)
def test_no_number_in_a_path_of_the_operator_is_a_server_error(
    guarded: str, method: str, path: str, number: str
) -> None:
    assert as_operator(guarded, method, path.format(number)).status_code in (400, 404)


@pytest.mark.parametrize("path", ["/v1/operate/jobs", "/v1/operate/overview", "/metrics"])
def test_a_stranger_learns_nothing_about_other_clients(guarded: str, path: str) -> None:
    assert httpx.get(guarded + path).status_code == 401


def test_metrics_count_what_happened(guarded: str) -> None:
    text = as_operator(guarded, "GET", "/metrics").text
    assert "cutoutd_requests_total" in text
    assert "process_resident_memory_bytes" in text


def test_an_unknown_job_of_the_operators_list_is_a_404(guarded: str) -> None:
    assert as_operator(guarded, "POST", "/v1/operate/jobs/999999/retry").status_code == 404
