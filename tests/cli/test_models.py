import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.segmentation.networks import write_network
from typer.testing import CliRunner

from cutoutd.cli import app
from cutoutd.cli.models import _verified
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.weights import Weights

KNOWN = {"cutoutd-small", "u2net", "isnet-general-use", "birefnet-general", "bria-rmbg"}


@pytest.fixture(autouse=True)
def _empty_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))


def models(*words: str, code: int = 0) -> str:
    run = CliRunner().invoke(app, ["models", *words])
    if run.exception and not isinstance(run.exception, SystemExit):
        raise run.exception
    assert run.exit_code == code, run.output
    return run.output


def test_every_model_is_listed_with_its_licence_and_whether_it_is_here() -> None:
    rows = {row["name"]: row for row in json.loads(models("list", "--json"))}
    assert rows.keys() >= KNOWN
    assert rows["cutoutd-small"]["weights"].endswith("cutoutd-small.onnx")
    assert (rows["u2net"]["weights"], rows["u2net"]["licence"]) == (None, "Apache-2.0")
    assert rows["bria-rmbg"]["commercial"] is False
    assert "CC-BY-NC-4.0, not commercial" in models("list")


def test_the_embedded_model_verifies_and_says_where_it_is() -> None:
    assert "right" in models("verify")
    assert models("path", "cutoutd-small").strip().endswith("weights/cutoutd-small.onnx")


def test_the_embedded_model_is_right_only_if_its_int8_file_is_too(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS_IN_PACKAGE / EMBEDDED.file, tmp_path)
    spec = replace(EMBEDDED, folder=tmp_path)
    (tmp_path / spec.in_int8().file).write_bytes(b"half of it")

    row = _verified(spec, Weights(None))

    assert (row["model"], row["right"]) == (EMBEDDED.name, False)
    assert "cutoutd-small-int8.onnx is not 'cutoutd-small'" in str(row["error"])


def test_weights_that_are_wrong_fail_the_verification(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "models"
    folder.mkdir(parents=True)
    (folder / "u2netp.onnx").write_bytes(b"half of it")
    assert "expected md5:8e83ca70e441ab06c318d82300c84806" in models("verify", code=1)
    (row,) = json.loads(models("verify", "u2netp", "--json", code=1))
    assert (row["model"], row["right"]) == ("u2netp", False)
    assert "removed" in models("remove", "u2netp")
    assert "no weights in the models folder" in models("remove", "u2netp", code=1)


def test_a_variant_is_made_and_compared_on_ones_own_photos(tmp_path: Path) -> None:
    own = tmp_path / "data" / "models" / "tiny"
    photos = tmp_path / "photos"
    for folder in (own, photos, tmp_path / "masks"):
        folder.mkdir(parents=True)
    write_network(own / "model.onnx")
    (own / "model.toml").write_text('size = 32\nlicence = "ours"')
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        Image.fromarray(random.integers(0, 256, (40, 50, 3), np.uint8)).save(photos / f"{name}.png")
        Image.new("L", (50, 40), 255).save(tmp_path / "masks" / f"{name}.png")
    (photos / "notes.txt").write_text("not a photo")

    assert models("quantize", "tiny", "--photos", str(photos)).strip().endswith("tiny-int8")
    words = ("tiny", "tiny-int8", "--photos", str(photos), "--masks", str(tmp_path / "masks"))
    tiny, variant = json.loads(models("bench", *words, "--rounds", "1", "--json"))
    assert (tiny["photos"], tiny["mae"]) == (2, None)
    assert tiny["max_f"] == pytest.approx(1.0, abs=0.01)  # All is subject: one threshold has all.
    assert 0 < variant["mae"] < 0.05
    assert 0 < variant["iou"] <= 1
    assert variant["median_ms"] > 0


def test_a_provider_that_is_missing_refuses_to_start_in_one_sentence(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "cutoutd", "serve", "--port", "0"],
        env={**os.environ, "CUTOUTD_PROVIDER": "cuda", "CUTOUTD_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("cutoutd: CUTOUTD_PROVIDER=cuda cannot be used on this machine")
    assert run.stderr.count("\n") == 1
