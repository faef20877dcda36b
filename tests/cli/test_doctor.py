import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cutoutd.cli import app
from cutoutd.segmentation.providers import PROVIDERS


def doctor(monkeypatch: pytest.MonkeyPatch, data_dir: Path, *words: str) -> tuple[int, str]:
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(data_dir))
    run = CliRunner().invoke(app, ["doctor", *words])
    return run.exit_code, run.output


def test_the_doctor_names_the_model_its_checksum_and_the_provider(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, output = doctor(monkeypatch, tmp_path / "data")
    assert code == 0, output
    assert "cutoutd-small" in output
    assert "sha256:" in output
    assert "provider     cpu" in output


def test_the_doctor_explains_every_provider(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, output = doctor(monkeypatch, tmp_path / "data", "--json")
    details = {line["check"]: line["detail"] for line in json.loads(output)}
    assert details["cpu"] == "can be used"
    assert "onnxruntime-gpu" in details["cuda"]
    assert details.keys() >= set(PROVIDERS)


def test_the_doctor_says_what_is_broken_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, output = doctor(monkeypatch, tmp_path / "file")
    assert code == 1
    assert "FAIL" in output
    assert "CUTOUTD_DATA_DIR" in output


def test_the_doctor_names_the_setting_that_a_misspelt_one_is_nearest_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUTOUTD_PROT", "1")
    code, output = doctor(monkeypatch, tmp_path / "data")
    assert code == 1
    assert "CUTOUTD_PROT is not a setting; did you mean CUTOUTD_PORT?" in output


def test_the_doctor_fails_where_the_provider_that_was_asked_for_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUTOUTD_PROVIDER", "directml")
    code, output = doctor(monkeypatch, tmp_path / "data")
    assert code == 1
    assert "FAIL  model        CUTOUTD_PROVIDER=directml cannot be used on this machine" in output
