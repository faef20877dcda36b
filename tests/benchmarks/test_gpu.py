"""The prepared script for a GPU, on the CPU: every way runs, or says why not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.gpu.__main__ import Part, parts, without_paths

from cutoutd.segmentation.models import EMBEDDED


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("gpu")
    words = ["--provider", "cpu", "--tiny", "--made", str(folder), "--to", str(folder / "gpu.json")]
    subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", str(folder), *words, "--part-seconds", "120"],
        check=True,
        capture_output=True,
    )
    found: dict[str, object] = json.loads((folder / "gpu.json").read_text())
    return found


@pytest.mark.parametrize("arithmetic", ["fp16", "fp32"])
@pytest.mark.parametrize("way", ["session", "bare", "torch", "pipeline"])
def test_every_way_gives_images_a_second_or_a_reason(
    record: dict[str, list[dict[str, object]]], way: str, arithmetic: str
) -> None:
    rows = [row for row in record["rows"] if (row["way"], row["arithmetic"]) == (way, arithmetic)]
    assert rows
    for row in rows:
        if way == "torch" and "error" in row:
            assert any(word in str(row["error"]) for word in ("torch", "half"))
        else:
            assert float(str(row["images_s"])) > 0


def test_what_the_cpu_does_for_each_image_is_counted(
    record: dict[str, list[dict[str, float]]],
) -> None:
    (row,) = [row for row in record["rows"] if row["way"] == "cpu"]
    assert 0 < row["cpu_s"] < 60
    assert row["images_s_a_core"] > 0


def test_published_networks_are_measured_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "isnet.onnx").touch()
    assert {part.network for part in parts(tmp_path)} == {EMBEDDED.name, "isnet"}
    assert Part("torch", "isnet", "fp16") not in parts(tmp_path)


def test_a_reason_has_no_path() -> None:
    assert (
        without_paths("Fail: no memory in /opt/x/y.cc:12 for 3 GB") == "Fail: no memory in for 3 GB"
    )
