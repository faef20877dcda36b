"""What the package says of itself, as the build makes it."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cutoutd import __version__

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^]]*\]\(([^)]+)\)")
FILES = {
    "https://github.com/cutoutd/cutoutd/blob/main/": ROOT,
    "https://raw.githubusercontent.com/cutoutd/cutoutd/main/": ROOT,
}


@cache
def metadata() -> dict[str, Any]:
    """The project's metadata, all that is dynamic made."""
    made = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(made.stdout))


def links() -> list[str]:
    return LINK.findall(metadata()["readme"]["text"])


def file_of(address: str) -> Path | None:
    """The file of this repository that an address is of."""
    for base, folder in FILES.items():
        if address.startswith(base):
            return folder / address.removeprefix(base).partition("#")[0]
    return None


def test_it_has_the_version_and_the_licence_of_the_code() -> None:
    assert metadata()["version"] == __version__
    assert metadata()["license"] == "Apache-2.0"


def test_every_link_of_the_readme_leads_somewhere_from_pypi() -> None:
    assert [link for link in links() if not re.match(r"https?://|#", link)] == []
    files = [file for file in map(file_of, links()) if file is not None]
    assert len(files) > 20
    assert [file for file in files if not file.exists()] == []


def test_the_readmes_images_are_files_that_a_browser_shows() -> None:
    images = re.findall(r"!\[[^]]*\]\(([^)]+)\)", metadata()["readme"]["text"])
    assert images
    assert all(one.startswith("https://raw.githubusercontent.com/") for one in images)
    assert all(one.endswith(".png") for one in images)


@pytest.mark.parametrize("name", ["Homepage", "Documentation", "Changelog", "Source", "Issues"])
def test_a_url_of_the_project_is_of_its_repository(name: str) -> None:
    url = metadata()["urls"][name]
    assert url.startswith("https://github.com/cutoutd/cutoutd")
    file = file_of(url)
    assert file is None or file.exists()


def test_the_classifiers_say_for_whom_on_what_and_which_pythons() -> None:
    classifiers = metadata()["classifiers"]
    groups = {one.partition(" :: ")[0] for one in classifiers}
    assert {"Development Status", "Intended Audience", "Operating System", "Typing"} <= groups
    ours = {one for one in classifiers if re.search(r"Python :: 3\.\d+$", one)}
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    tested = re.search(r'python: \["3.11".*\]', workflow)
    assert tested is not None
    pythons = set(re.findall(r"3\.\d+", tested[0]))
    assert ours == {f"Programming Language :: Python :: {one}" for one in pythons}
