"""The script that finds what calls remove.bg, on a code base of eight languages."""

import subprocess
import sys
from pathlib import Path

import pytest
from tools.find_usages import usages

SCRIPT = Path(__file__).parents[2] / "tools" / "find_usages.py"

LINES = {
    "app/photos.py": ("from removebg import removebg", "PyPI removebg"),
    "requirements.txt": ("removebg==0.4", "PyPI removebg, removebg-cli"),
    "pyproject.toml": ('    "removebg-cli>=1",', "PyPI removebg, removebg-cli"),
    "web/package.json": ('    "remove.bg": "^1.3.0",', "npm remove.bg"),
    "web/cut.ts": ("import { removeBackgroundFromImageUrl } from 'remove.bg';", "npm remove.bg"),
    "Gemfile": ('gem "remove_bg"', "Ruby gem remove_bg"),
    "go.mod": ("require github.com/remove-bg/go v1.0.0", "Go"),
    "composer.json": ('"mtownsend/remove-bg": "^1.2",', "Laravel mtownsend/remove-bg"),
    "App.csproj": ('<PackageReference Include="RemoveBg" Version="1" />', ".NET"),
    "wp/cut.php": ("wp_remote_post('https://api.remove.bg/v1.0/removebg', $a);", "address"),
    "deploy/.env": ("REMOVE_BG_API_KEY=abc", "key"),
    "ios/Cut.swift": ('let key = "REMOVEBG_KEY"', "key"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_calls_remove_bg_is_found(tmp_path: Path, name: str) -> None:
    line, client = LINES[name]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(f"first\n{line}\n")
    ((file, number, usage),) = usages(tmp_path)
    assert (file, number, usage.client) == (tmp_path / name, 2, client)


@pytest.mark.parametrize(
    "text",
    ["from rembg import remove", "removebg_mask", "import removebackground", "remove.bg is a site"],
)
def test_what_only_looks_like_it_is_left_alone(tmp_path: Path, text: str) -> None:
    for name in ("a.py", "requirements.txt", "package.json", "b.ts"):
        (tmp_path / name).write_text(text)
    assert list(usages(tmp_path)) == []


def test_what_others_wrote_is_not_searched(tmp_path: Path) -> None:
    for folder in ("node_modules", ".git", "vendor"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.js").write_text("https://api.remove.bg")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\0\0api.remove.bg")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert list(usages(tmp_path)) == []


def test_the_script_prints_places_and_how_many(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from removebg import removebg\n")
    run = subprocess.run(
        [sys.executable, "-I", SCRIPT, tmp_path], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "a.py:1: PyPI removebg: set removebg.removebg.API_ENDPOINT after the import",
        "1 places call remove.bg.",
    ]


def test_without_a_folder_the_script_says_how_it_is_called(tmp_path: Path) -> None:
    for arguments in ([], [tmp_path / "nothing"]):
        run = subprocess.run(
            [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode == 1
        assert "usage:" in run.stderr
