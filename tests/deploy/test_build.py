"""The wheel, with a C compiler and without."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("*.so", "*.onnx", "__pycache__")
KERNELS = "cutoutd/imaging/libkernels.so"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a wheel is built from, without weights and without what was compiled here."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
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
    assert not [name for name in names if name.endswith((".c", ".h"))]
    assert "-py3-none-" in the_wheel(checkout).name
    assert not the_wheel(checkout).name.endswith("-any.whl")


def test_without_a_compiler_the_wheel_is_whole_and_for_any_platform(checkout: Path) -> None:
    built = build(checkout, CC="no-such-compiler")
    assert built.returncode == 0
    assert "Without compiled kernels imaging is slower" in built.stdout + built.stderr
    assert the_wheel(checkout).name.endswith("-py3-none-any.whl")
    assert KERNELS not in zipfile.ZipFile(the_wheel(checkout)).namelist()


def test_where_kernels_are_required_a_missing_compiler_is_an_error(checkout: Path) -> None:
    built = build(checkout, CC="no-such-compiler", CUTOUTD_KERNELS="required")
    assert built.returncode != 0
    assert not (checkout / "dist").exists() or not list((checkout / "dist").glob("*.whl"))
