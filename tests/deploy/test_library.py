"""The library and the command, where the extra `server` is not installed."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "src" / "cutoutd" / "web" / "playground" / "sample.jpg"
ABSENT = (
    *("alembic", "fastapi", "httptools", "limits", "markdown_it", "multipart", "onnx"),
    *("prometheus_client", "pythonjsonlogger", "python_multipart", "sqlalchemy"),
    *("standardwebhooks", "starlette", "tenacity", "uvicorn", "yaml"),
)
"""Everything that the extra brings, as it is imported."""
WITHOUT = f"""
import sys
from cutoutd.__main__ import main
for name in {ABSENT}:
    sys.modules[name] = None
"""


def without_server(code: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """The code, or else `cutoutd words…`, in a Python without the server's packages."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + (code or "main()"), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_extra_is_what_is_missing_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert len(project["optional-dependencies"]["server"]) == len(ABSENT) - 2
    # `multipart` and `starlette` come with others; `python_multipart` is the package's name now.


def test_the_library_cuts_out_an_image() -> None:
    code = (
        "from cutoutd import remove_background; print(remove_background(sys.argv[1]).tobytes()[:4])"
    )
    done = without_server(code, SAMPLE)
    assert done.stdout.strip() == r"b'\x89PNG'", done.stderr


def test_the_command_cuts_out_an_image(tmp_path: Path) -> None:
    done = without_server("", "remove", SAMPLE, "-o", tmp_path / "cutout.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cutout.png").read_bytes().startswith(b"\x89PNG")


def test_doctor_says_what_is_not_installed() -> None:
    done = without_server("", "doctor")
    assert done.returncode == 0, done.stderr
    assert "[server]" in done.stdout


@pytest.mark.parametrize("command", ["serve", "worker", "openapi"])
def test_a_command_that_needs_the_server_names_the_extra(command: str) -> None:
    done = without_server("", command)
    assert done.returncode == 2
    assert "pip install 'cutoutd[server]'" in done.stderr
    assert "Traceback" not in done.stderr
