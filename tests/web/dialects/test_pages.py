"""The commands on the pages of docs/api, run as they stand there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.inside import PHOTO
from tests.scenes import decoded

PAGES = Path(__file__).parents[3] / "docs" / "api"
COMMANDS = [
    (page.stem, number, text)
    for page in sorted(PAGES.glob("*.md"))
    for number, text in enumerate(re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL))
]
QUIET = 'curl() { command curl -sSf "$@"; }\n'
ANSWERED = re.compile(r'success|succeeded|ok|b64|IN_QUEUE|"url":')
"""Of an answer in JSON: done, accepted, or an image."""


@pytest.mark.parametrize(
    ("page", "text"),
    [(page, text) for page, _, text in COMMANDS],
    ids=[f"{page}-{number}" for page, number, _ in COMMANDS],
)
def test_the_commands_of_a_page_do_what_it_says(
    world: str, tmp_path: Path, page: str, text: str
) -> None:
    bash = shutil.which("bash")
    assert bash
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    text = text.replace("http://127.0.0.1:8000", world)
    text = text.replace("https://example.com/done", "https://receiver.invalid/done")
    finished = subprocess.run(
        [bash, "-ec", QUIET + text],
        cwd=tmp_path,
        env={**os.environ, "OCTOAI_TOKEN": "t", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    written = [path for path in tmp_path.iterdir() if path.suffix in (".png", ".webp")]
    assert all(decoded(path.read_bytes()) for path in written)
    assert written or "both.zip" in text or ANSWERED.search(finished.stdout)


def test_every_dialect_has_its_place_on_a_page() -> None:
    from cutoutd.web.dialects import ALL

    index = (PAGES / "index.md").read_text()
    assert [name for name in ALL if f"`{name}`" not in index] == []
