"""The code to copy gives what is seen, or says what that API lacks."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.test_playground import drop, wait_until_done
from tests.scenes import ball, decoded, encoded

pytestmark = pytest.mark.e2e


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "ball.jpg"
    path.write_bytes(encoded(ball(640, 480), "JPEG", quality=92))
    return path


@pytest.mark.parametrize("dialect", ["native", "octoai", "removebg", "rembg"])
def test_the_chosen_background_is_in_the_copied_code(page: Page, photo: Path, dialect: str) -> None:
    drop(page, photo)
    wait_until_done(page)
    page.get_by_title("Black").click()
    page.select_option("#dialect", dialect)
    command = page.locator("#snippet").inner_text()

    subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=photo.parent, check=True, capture_output=True
    )

    made = decoded((photo.parent / "cutout.png").read_bytes())
    assert made.format == "PNG"
    assert made.convert("RGBA").getpixel((2, 2)) == (0, 0, 0, 255)


def test_what_an_api_lacks_is_said(page: Page) -> None:
    page.select_option("#dialect", "modelslab")
    page.get_by_label("Crop to the subject").check()
    page.get_by_label("File format").select_option("webp")
    expect(page.locator("#snippet")).to_contain_text(
        "# Not available in this API: Crop to the subject, File format"
    )
    expect(page.locator("#snippet")).to_contain_text("cutout.png")


def test_a_file_is_named_after_what_the_api_answers(page: Page) -> None:
    page.get_by_label("File format").select_option("webp")
    for dialect, ending in {"native": "webp", "removebg": "webp", "rembg": "png"}.items():
        page.select_option("#dialect", dialect)
        expect(page.locator("#snippet")).to_contain_text(f"cutout.{ending}")
