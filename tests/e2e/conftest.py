"""A real browser on a real server. `make e2e` runs these; `make test` leaves them out."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

PICTURES = Path(__file__).parents[2] / "docs" / "images"
"""Where the documentation's screenshots go."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}


def chromium() -> str:
    """The system's Chromium; `CHROMIUM` names another one."""
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    assert program, "no Chromium: apt install chromium, or set CHROMIUM"
    return program


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What starts browsers; a process can have only one."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    """A headless Chromium."""
    browser = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A fresh visitor, whose browser may reach nothing but this machine."""
    context = browser.new_context(viewport=DESKTOP, base_url=server, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    here = ("http://127.0.0.1:", "blob:", "data:")
    context.route(
        "**/*",
        lambda route: route.continue_() if route.request.url.startswith(here) else route.abort(),
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The playground; a test fails if its scripts complain."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto("/")
    yield page
    assert not complaints
