"""axe finds nothing to complain of, on the pages as people see them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.e2e.conftest import PHONE
from tests.e2e.test_playground import drop, wait_until_done
from tests.scenes import ball, encoded

pytestmark = pytest.mark.e2e


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ball.jpg"
    path.write_bytes(encoded(ball(640, 480), "JPEG", quality=92))
    return path


def empty(_page: Page, _photo: Path) -> None:
    """Nothing was done yet."""


def finished(page: Page, photo: Path) -> None:
    drop(page, photo, photo)
    wait_until_done(page, "2 of 2 done")


def touched_up(page: Page, photo: Path) -> None:
    finished(page, photo)
    page.get_by_text("Touch up", exact=True).click()
    page.locator("#mended:not([hidden])").wait_for()


def dark(page: Page, photo: Path) -> None:
    page.emulate_media(color_scheme="dark")
    finished(page, photo)


def on_a_phone(page: Page, photo: Path) -> None:
    page.set_viewport_size(PHONE)
    finished(page, photo)


def jobs(page: Page, photo: Path) -> None:
    finished(page, photo)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/jobs")
    page.locator("#jobs tr").first.wait_for()


@pytest.mark.parametrize("reach", [empty, finished, touched_up, dark, on_a_phone, jobs])
def test_axe_finds_no_violation(
    page: Page, photo: Path, reach: Callable[[Page, Path], None]
) -> None:
    reach(page, photo)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
