"""What a stranger does in the first five minutes, in a real browser on the real server."""

import base64
import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import PHONE, PICTURES
from tests.scenes import ball, decoded, encoded

pytestmark = pytest.mark.e2e

PATIENCE_MS = 60_000
DIALECTS = ["native", "modelslab", "octoai", "api4ai", "removebg", "rembg"]
EVENTS = [("drop", "dataTransfer"), ("paste", "clipboardData")]
CARRY = """([event, carrier, letters]) => {
  const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  const kind = event === "drop" ? DragEvent : ClipboardEvent;
  const facts = { [carrier]: carried, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new kind(event, facts));
}"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ball.jpg"
    path.write_bytes(encoded(ball(640, 480), "JPEG", quality=92))
    return path


def drop(page: Page, *paths: Path) -> None:
    page.set_input_files("#files", [str(path) for path in paths])


def wait_until_done(page: Page, sentence: str = "1 of 1 done") -> None:
    expect(page.locator("#status")).to_contain_text(sentence, timeout=PATIENCE_MS)


def downloaded(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.click(button)
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_a_picture_becomes_a_cutout_that_can_be_downloaded(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)

    name, data = downloaded(page, "#download")

    assert name == "ball-cutout.png"
    cutout = decoded(data)
    assert (cutout.mode, cutout.size) == ("RGBA", (640, 480))
    assert cutout.getchannel("A").getextrema() == (0, 255)


def test_the_first_screen_and_the_sample(page: Page) -> None:
    page.screenshot(path=PICTURES / "playground-empty.png")
    page.click("#sample")
    wait_until_done(page)
    expect(page.locator("#after")).to_be_visible()
    page.locator("#licence").filter(has_text="commercial use").wait_for()
    page.screenshot(path=PICTURES / "playground-desktop.png")


def test_the_page_in_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.click("#sample")
    wait_until_done(page)
    page.get_by_text("Mask", exact=True).first.click()
    page.locator("#after[src^=blob]").wait_for()
    page.get_by_text("Compare", exact=True).click()
    page.screenshot(path=PICTURES / "playground-dark.png")


def test_the_page_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.click("#sample")
    wait_until_done(page)
    page.screenshot(path=PICTURES / "playground-phone.png")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]


def test_nothing_jumps_when_a_picture_arrives(page: Page, photo: Path) -> None:
    before = page.locator("#stage").bounding_box()
    drop(page, photo)
    wait_until_done(page)
    assert page.locator("#stage").bounding_box() == before


def test_several_pictures_come_back_as_one_archive(page: Page, photo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(encoded(ball(300, 200)))
    drop(page, photo, other, photo)
    wait_until_done(page, "3 of 3 done")

    name, data = downloaded(page, "#download-all")

    assert name == "cutouts.zip"
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "ball-cutout-2.png",
        "ball-cutout.png",
        "other-cutout.png",
    ]


def test_a_background_colour_is_in_the_downloaded_file(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_title("Black").click()

    _, data = downloaded(page, "#download")

    red, green, blue, alpha = decoded(data).convert("RGBA").getpixel((2, 2))
    assert max(red, green, blue) < 8
    assert alpha == 255


@pytest.mark.parametrize(
    ("choice", "color"), [("White", (255, 255, 255)), ("Black", (0, 0, 0))], ids=["white", "black"]
)
def test_the_stage_shows_the_chosen_background(
    page: Page, photo: Path, choice: str, color: tuple[int, int, int]
) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_text("Cutout", exact=True).click()
    page.get_by_title(choice).click()

    shown = decoded(page.locator("#canvas").screenshot()).convert("RGB")

    assert {shown.getpixel((x, y)) for x in (4, 13, 22) for y in (4, 13, 22)} == {color}


def test_an_option_runs_the_picture_again(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_label("Crop to the subject").check()
    wait_until_done(page)

    _, data = downloaded(page, "#download")

    assert decoded(data).size < (640, 480)


def test_options_in_words_reach_the_server(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.locator("summary").get_by_text("Mask", exact=True).click()
    with page.expect_request("**/v1/jobs*") as asked:
        page.get_by_label("Region").fill("0, 0, 0.5, 1")
        page.get_by_label("Region").press("Tab")
    assert "0, 0, 0.5, 1" in (asked.value.post_data or "")
    wait_until_done(page)


def test_the_mask_shows_the_subject_in_white(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_text("Mask", exact=True).first.click()
    expect(page.locator("#after")).to_have_attribute("alt", "The mask: white is the subject")


def test_before_and_after_can_be_moved_with_the_keyboard(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.locator("#split").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#canvas").evaluate("e => e.style.getPropertyValue('--split')") == "51%"


def test_before_and_after_can_be_moved_by_touch(browser: Browser, server: str, photo: Path) -> None:
    context = browser.new_context(viewport=PHONE, base_url=server, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("/")
    drop(page, photo)
    wait_until_done(page)
    box = page.locator("#canvas").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)
    for step in range(13):
        point = {"x": box["x"] + box["width"] * (0.5 + step * 0.025), "y": y}
        kind = "touchMove" if step else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#split")).to_have_value("80")
    context.close()


def test_the_edge_is_shown_enlarged(page: Page, photo: Path) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.click("#edge")
    expect(page.locator("#canvas")).to_have_css("width", "1920px")


def test_a_file_that_is_no_picture_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("not an image at all")
    drop(page, text)
    expect(page.locator("#veil.bad")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#veil")).to_contain_text("image")


def test_a_picture_from_a_url_is_fetched_by_the_server(page: Page, pictures: str) -> None:
    page.fill("#url", f"{pictures}/photo.jpg")
    page.click("#by-url button")
    wait_until_done(page)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_copied_curl_command_makes_a_cutout(
    page: Page, photo: Path, tmp_path: Path, dialect: str
) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.select_option("#dialect", dialect)
    page.click("#copy")
    command = page.evaluate("navigator.clipboard.readText()")

    subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=photo.parent, check=True)

    assert decoded((tmp_path / "cutout.png").read_bytes()).mode == "RGBA"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("language", ["python", "javascript", "php"])
def test_the_copied_program_makes_a_cutout(
    page: Page, photo: Path, tmp_path: Path, dialect: str, language: str
) -> None:
    runner = {
        "python": sys.executable,
        "javascript": shutil.which("node"),
        "php": shutil.which("php"),
    }
    if runner[language] is None:
        pytest.skip(f"{language} is not installed here")
    drop(page, photo)
    page.select_option("#dialect", dialect)
    page.select_option("#language", language)
    ending = {"python": "py", "javascript": "mjs", "php": "php"}[language]
    program = tmp_path / f"program.{ending}"
    program.write_text(page.locator("#snippet").inner_text())

    subprocess.run([str(runner[language]), str(program)], cwd=photo.parent, check=True)

    assert decoded((tmp_path / "cutout.png").read_bytes()).mode == "RGBA"


@pytest.mark.parametrize(("event", "carrier"), EVENTS)
def test_a_picture_may_be_dropped_or_pasted(
    page: Page, photo: Path, event: str, carrier: str
) -> None:
    letters = base64.b64encode(photo.read_bytes()).decode()
    page.evaluate(CARRY, [event, carrier, letters])
    wait_until_done(page)


def test_the_operators_page_shows_why_a_job_failed_and_tries_it_again(
    page: Page, photo: Path
) -> None:
    half = photo.with_name("half.jpg")
    half.write_bytes(photo.read_bytes()[:3000])
    drop(page, photo, half)
    expect(page.locator("#veil.bad, #status")).not_to_have_text("", timeout=PATIENCE_MS)
    wait_until_done(page, "1 of 2 done")
    page.goto("/jobs")
    expect(page.locator("#counts")).to_contain_text("webhooks pending")
    failed = page.locator("#jobs tr.failed").first
    expect(failed).to_contain_text("source_rejected")
    page.screenshot(path=PICTURES / "jobs.png")
    number = failed.locator("td").first.inner_text()
    with page.expect_response(lambda answer: answer.url.endswith(f"/{number}/retry")) as answered:
        failed.get_by_role("button").click()
    assert answered.value.ok


def test_every_control_has_a_name_that_is_read_out(page: Page) -> None:
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, input:not([hidden]), select')]
          .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent.trim())
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
