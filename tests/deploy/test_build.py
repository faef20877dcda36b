"""The wheel, with a C compiler and without."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cutoutd.imaging.kernels import LIBRARY

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("*.so", "*.onnx", "__pycache__")
KERNELS = f"cutoutd/imaging/{LIBRARY.name}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a wheel is built from, without weights and without what was compiled here."""
    for name in ("pyproject.toml", "hatch_build.py", "mkdocs.yml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=LEFT_OUT)
    return tmp_path


def build(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    return subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def the_wheel(checkout: Path) -> Path:
    (wheel,) = (checkout / "dist").glob("*.whl")
    return wheel


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_the_wheel_holds_the_kernels_and_fits_every_python_of_its_platform(checkout: Path) -> None:
    assert build(checkout).returncode == 0
    names = zipfile.ZipFile(the_wheel(checkout)).namelist()
    assert KERNELS in names
    packed = "cutoutd/web/handbook/packed"
    assert {f"{packed}/mkdocs.yml", f"{packed}/docs/index.md"} <= set(names)
    assert not [name for name in names if name.endswith((".c", ".h"))]
    assert "-py3-none-" in the_wheel(checkout).name
    assert not the_wheel(checkout).name.endswith("-any.whl")


def requirements(checkout: Path, **environment: str) -> list[str]:
    """What the build asks pip for beside the build system."""
    code = "from hatchling.build import get_requires_for_build_wheel as f; print(*f())"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout.split()


def test_a_compiler_is_asked_for_only_where_there_is_none(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert requirements(checkout, CC="some-compiler") == []
    assert requirements(checkout, PATH=str(tmp_path / "nothing")) == [
        line
        for line in (ROOT / "requirements" / "compiler.in").read_text().splitlines()
        if not line.startswith("#")
    ]


def test_without_any_compiler_a_sentence_says_what_to_install(
    checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    built = build(checkout, PATH=str(tmp_path / "nothing"))
    assert built.returncode != 0
    assert "apt install gcc libc6-dev" in built.stdout + built.stderr
    assert "Traceback" not in built.stderr


def test_a_compiler_that_fails_leaves_no_wheel(checkout: Path) -> None:
    built = build(checkout, CC="no-such-compiler")
    assert built.returncode != 0
    assert "no-such-compiler" in built.stdout + built.stderr
    assert not list(checkout.glob("dist/*.whl"))
