import os
import subprocess
import sys
from pathlib import Path


def doctor(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cutoutd", "doctor"],
        env={**os.environ, "CUTOUTD_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_doctor_names_the_model_its_checksum_and_the_provider(tmp_path: Path) -> None:
    run = doctor(tmp_path / "data")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "cutoutd-small" in run.stdout
    assert "sha256:" in run.stdout
    assert "cpu" in run.stdout


def test_the_doctor_says_what_is_broken_and_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = doctor(tmp_path / "file")
    assert run.returncode == 1
    assert "FAIL" in run.stdout
    assert "CUTOUTD_DATA_DIR" in run.stdout
