"""What can be promised without MNN; `tests/runtimes/check_mnn.py` has the rest."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.segmentation.networks import a_spec, write_network

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.mnn import open_runner
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import open_session

GREETING = """
import ctypes
from cutoutd.segmentation.runtimes.mnn import stdout_to_stderr
with stdout_to_stderr():
    ctypes.CDLL(None).puts(b"greeting")
print("image")
"""


def a_converter(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Put one in the place of MNN's, for the process that converts."""
    lines = f"import os\ndef mnnconvert(words):\n    {does}\n"
    (folder / "_tools.py").write_text(lines)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_what_c_code_prints_goes_to_stderr_and_stdout_stays_for_the_image() -> None:
    run = subprocess.run(
        [sys.executable, "-c", GREETING], capture_output=True, text=True, check=True
    )
    assert run.stdout == "image\n"
    assert run.stderr == "greeting\n"


@pytest.mark.parametrize("does", ["os.abort()", "os._exit(0)", "pass"])
def test_a_model_that_the_converter_dies_of_is_refused_by_name_without_its_folder(
    does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_converter(tmp_path, monkeypatch, does)
    path = write_network(tmp_path / "odd.onnx")
    with pytest.raises(ConfigurationError) as caught:
        open_runner(a_spec(path), path, RunnerOptions(threads=1))
    assert caught.value.message == (
        "odd.onnx cannot be used with CUTOUTD_PROVIDER=mnn: MNN cannot convert it. "
        "Set CUTOUTD_PROVIDER=cpu."
    )


def test_a_machine_without_room_for_the_conversion_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    path = write_network(tmp_path / "tiny.onnx")
    with pytest.raises(ConfigurationError, match="MNN finds no place to convert it"):
        open_runner(a_spec(path), path, RunnerOptions(threads=1))


@pytest.mark.parametrize(
    ("network", "facts", "message"),
    [
        ({"side": 64}, {}, "must have one input"),
        ({}, {"output": "d9"}, "tiny.onnx has no output 'd9'; it has: d0"),
    ],
)
def test_a_model_of_another_kind_is_refused_before_it_is_converted(
    network: dict[str, int],
    facts: dict[str, str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_converter(tmp_path, monkeypatch, "os.abort()")
    path = write_network(tmp_path / "tiny.onnx", **network)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=message):
        open_runner(a_spec(path, **facts), path, RunnerOptions(threads=1))


def test_a_session_asks_mnn_where_it_is_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_converter(tmp_path, monkeypatch, "os.abort()")
    assert EMBEDDED.folder is not None
    weights = EMBEDDED.folder / EMBEDDED.file
    with pytest.raises(ConfigurationError, match="MNN cannot convert it"):
        open_session(EMBEDDED, weights, RunnerOptions(provider=ProviderName.MNN, threads=1))
