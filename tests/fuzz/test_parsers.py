"""A few seconds of `python -m tests.fuzz.parsers`, which `make fuzz` runs for longer."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(find_spec("atheris") is None, reason="NOT TESTED: atheris is for Linux, x86-64")
def test_no_text_makes_a_parser_fail_in_a_way_it_does_not_announce(tmp_path: Path) -> None:
    words = [
        "-runs=20000",
        "-max_len=300",
        "-seed=7",
        "-verbosity=0",
        f"-artifact_prefix={tmp_path}/",
    ]
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.parsers", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
