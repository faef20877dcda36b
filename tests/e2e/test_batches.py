"""Several images: old settings, failures, what is said, and how images come in."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from tests.e2e.test_playground import PATIENCE_MS, downloaded, drop, wait_until_done
from tests.scenes import ball, decoded, encoded

pytestmark = pytest.mark.e2e


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ball.jpg"
    path.write_bytes(encoded(ball(640, 480), "JPEG", quality=92))
    return path


def sizes_in_the_archive(page: Page) -> set[tuple[int, int]]:
    _, data = downloaded(page, "#download-all")
    archive = zipfile.ZipFile(io.BytesIO(data))
    return {decoded(archive.read(name)).size for name in archive.namelist()}


def test_old_settings_are_marked_and_new_ones_apply_to_all(page: Page, photo: Path) -> None:
    drop(page, photo, photo, photo)
    wait_until_done(page, "3 of 3 done")
    page.get_by_label("Crop to the subject").check()
    wait_until_done(page, "3 of 3 done, 2 with old settings")
    expect(page.locator("#strip li.stale")).to_have_count(2)

    page.get_by_role("button", name="Apply to all (2)").click()

    expect(page.locator("#apply")).to_be_hidden()
    wait_until_done(page, "3 of 3 done")
    assert len(sizes_in_the_archive(page)) == 1


@pytest.fixture
def troubled(context: BrowserContext) -> Page:
    """The playground, whose browser may complain of a server in trouble."""
    page = context.new_page()
    page.goto("/")
    return page


def test_only_what_failed_is_tried_again(troubled: Page, photo: Path) -> None:
    page = troubled
    page.route("**/v1/jobs*", lambda route: route.fulfill(status=500, json={"detail": "Broken."}))
    drop(page, photo)
    expect(page.locator("#veil.bad")).to_have_text("Broken.", timeout=PATIENCE_MS)
    page.unroute("**/v1/jobs*")

    page.get_by_role("button", name="Retry failed (1)").click()

    wait_until_done(page)


def test_a_server_that_is_away_is_waited_for(troubled: Page, photo: Path) -> None:
    page = troubled
    page.route("**/v1/jobs*", lambda route: route.abort())
    drop(page, photo)
    expect(page.locator("#status")).to_contain_text("trying again in", timeout=PATIENCE_MS)
    page.unroute("**/v1/jobs*")
    wait_until_done(page)


def test_an_image_without_a_subject_is_said_to_have_none(page: Page, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (320, 240), "white").save(blank)
    drop(page, blank)
    wait_until_done(page)
    expect(page.locator("#veil")).to_contain_text("No subject was found.")


def test_dimensions_format_and_size_are_shown(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    expect(page.locator("#facts")).to_contain_text(re.compile(r"640 . 480 px, PNG"))


def test_a_value_that_cannot_be_sent_is_said(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.locator("summary").get_by_text("Edges", exact=True).click()
    page.get_by_label("Feather").fill("-5")
    page.get_by_label("Feather").press("Tab")
    expect(page.locator("#status")).to_contain_text("Feather:")


def test_a_preset_is_a_button(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_text("eBay", exact=True).click()
    expect(page.locator("#facts")).to_contain_text(
        re.compile(r"1600 . 1600 px, JPEG"), timeout=PATIENCE_MS
    )
    name, _ = downloaded(page, "#download")
    assert name == "ball-cutout.jpg"


@pytest.mark.parametrize("image_format", ["webp", "avif"])
def test_a_format_stays_what_it_is_on_a_background(
    page: Page, photo: Path, image_format: str
) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_label("File format").select_option(image_format)
    wait_until_done(page)
    expect(page.locator("#facts")).to_contain_text(image_format.upper(), timeout=PATIENCE_MS)
    page.get_by_title("Black").click()

    name, data = downloaded(page, "#download")

    assert name == f"ball-cutout.{image_format}"
    assert max(decoded(data).convert("RGB").getpixel((2, 2))) < 8


def test_a_url_is_shown_as_the_server_fetched_it(page: Page, pictures: str) -> None:
    page.fill("#url", f"{pictures}/photo.jpg")
    with page.expect_request("**/v1/jobs*"):
        page.click("#empty button[type=submit]")
    wait_until_done(page)
    page.locator("#before[src^=blob]").wait_for(timeout=PATIENCE_MS)


def test_a_url_can_be_added_later_and_pasted(page: Page, photo: Path, pictures: str) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.click("#more-url")
    page.get_by_role("dialog").get_by_label("Image URL").fill(f"{pictures}/photo.jpg")
    page.get_by_role("dialog").get_by_role("button", name="Fetch").click()
    wait_until_done(page, "2 of 2 done")
    page.evaluate(
        """(url) => {
          const carried = new DataTransfer();
          carried.setData("text", url);
          const facts = { clipboardData: carried, bubbles: true };
          document.body.dispatchEvent(new ClipboardEvent("paste", facts));
        }""",
        f"{pictures}/photo.jpg",
    )
    wait_until_done(page, "3 of 3 done")


def test_the_wheel_zooms_and_a_drag_moves_the_image(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_text("Cutout", exact=True).click()
    fitting = page.locator("#canvas").bounding_box()
    assert fitting
    page.mouse.move(500, 300)
    page.mouse.wheel(0, -900)
    zoomed = page.locator("#canvas").bounding_box()
    assert zoomed
    assert zoomed["width"] > fitting["width"] * 2

    page.mouse.down()
    page.mouse.move(420, 260)
    page.mouse.up()

    moved = page.locator("#canvas").bounding_box()
    assert moved
    assert round(moved["x"] - zoomed["x"]) == -80
    assert round(moved["y"] - zoomed["y"]) == -40


def test_focus_goes_on_at_the_image(page: Page) -> None:
    page.locator("#sample").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewport")).to_be_focused()
    wait_until_done(page)
