"""A page of somebody else, in the browser of a person who runs a server without keys.

The page stands at another origin, or made its own name lead to 127.0.0.1 (DNS rebinding).
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright
from tests.e2e.conftest import FLAGS, chromium
from tests.running import running_server
from tests.scenes import ball, encoded

pytestmark = pytest.mark.e2e

NAMES = "--host-resolver-rules=MAP *.example 127.0.0.1"
UNGUARDED = (
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,"
    "PrivateNetworkAccessSendPreflights"
)
"""As browsers are that do not guard the local network themselves."""
FORM = """<form method=post action="%s/v1/files" enctype=multipart/form-data>
<input name=image value="data:image/png;base64,aGk="></form>"""
CALLS = """async ([base, job]) => {
  const json = JSON.stringify({image: "http://pictures.example/a.jpg", request_id: String(job)});
  const calls = {
    submit: ["POST", "/v1/jobs", json],
    upload: ["POST", "/v1/files", new Blob(["x"])],
    vendor: ["POST", "/api/v6/image_editing/removebg_mask", json],
    fetched: ["GET", "/api/remove?url=http://pictures.example/a.jpg"],
    read: ["GET", "/v1/jobs/" + job],
    list: ["GET", "/v1/operate/jobs"],
    cancel: ["POST", "/api/v1/enterprise/image_editing/clear_queue", "{}"],
    delete: ["POST", "/api/v3/delete_image", json],
    remove: ["DELETE", "/v1/jobs/" + job],
    retry: ["POST", "/v1/operate/jobs/" + job + "/retry", "{}"],
  };
  const told = {};
  for (const [name, [method, path, body]] of Object.entries(calls)) {
    for (const mode of method === "DELETE" ? ["cors"] : ["cors", "no-cors"]) {
      try {
        const answer = await fetch(base + path, {method, body, mode});
        told[name + " " + mode] = answer.status + " " + await answer.text();
      } catch (error) {
        told[name + " " + mode] = "blocked";
      }
    }
  }
  return told;
}"""


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("keyless") / "data") as base:
        yield base


@pytest.fixture(scope="module")
def misled(driver: Playwright) -> Iterator[Browser]:
    """A browser in which every name below `.example` leads to this machine."""
    flags = [*FLAGS, NAMES, UNGUARDED]
    browser = driver.chromium.launch(executable_path=chromium(), args=flags)
    yield browser
    browser.close()


@pytest.fixture
def job(keyless: str) -> int:
    """A finished job of the person at this machine."""
    picture = encoded(ball(64, 48), "PNG")
    made = httpx.post(f"{keyless}/v1/jobs?wait=60", content=picture, timeout=90).json()
    assert made["status"] == "succeeded"
    return int(made["id"])


def state(keyless: str) -> Any:
    """All jobs there are, as their owner sees them."""
    return httpx.get(f"{keyless}/v1/operate/jobs").json()


def shown(browser: Browser, address: str, page: str) -> Page:
    """A page of an attacker at this address; all else goes where the name leads."""
    opened = browser.new_page()
    opened.route(address, lambda route: route.fulfill(body=page, content_type="text/html"))
    opened.goto(address)
    return opened


def test_a_page_on_another_origin_can_do_and_read_nothing(
    keyless: str, misled: Browser, job: int
) -> None:
    before = state(keyless)
    page = shown(misled, "http://evil.example:8/page", FORM % keyless)
    told = page.evaluate(CALLS, [keyless, job])
    assert set(told.values()) == {"blocked", "0 "}, told  # Sent, but not told the answer.
    page.evaluate("document.forms[0].submit()")
    page.wait_for_url(f"{keyless}/**")
    assert "Without API keys" in page.content()
    assert state(keyless) == before
    page.close()


def test_a_page_whose_name_leads_here_can_do_and_read_nothing(
    keyless: str, misled: Browser, job: int
) -> None:
    before = state(keyless)
    here = keyless.replace("127.0.0.1", "rebound.example")
    page = shown(misled, f"{here}/page", FORM % here)
    told = page.evaluate(CALLS, [here, job])
    refused = [words.startswith("403 ") or '"error"' in words for words in told.values()]
    assert all(refused), told
    assert all("Without API keys" in words for words in told.values()), told
    assert state(keyless) == before
    page.close()


def test_the_server_s_own_page_still_works_there(keyless: str, misled: Browser) -> None:
    page = misled.new_page()
    page.goto(keyless)
    told = page.evaluate(
        "async () => (await fetch('/v1/jobs', {method: 'POST', body: new FormData()})).status"
    )
    assert told == 400
    page.close()
