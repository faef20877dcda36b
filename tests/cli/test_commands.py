import os
import signal
import subprocess
import sys
from pathlib import Path

SLOW = {"numpy", "onnxruntime", "fastapi", "sqlalchemy", "PIL", "pydantic", "httpx"}


def cutoutd(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cutoutd", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_loads_nothing_slow() -> None:
    program = "import sys; import cutoutd.cli; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not SLOW & set(run.stdout.split())


def test_a_wrong_setting_is_one_sentence_that_names_it_and_exit_code_2() -> None:
    run = cutoutd("config", CUTOUTD_PORT="many")
    assert run.returncode == 2
    assert run.stderr.startswith("cutoutd: CUTOUTD_PORT: ")
    assert len(run.stderr.strip().splitlines()) == 1


def test_an_unknown_command_is_exit_code_2() -> None:
    assert cutoutd("removed").returncode == 2


def test_an_interruption_is_exit_code_130(tmp_path: Path) -> None:
    # Whoever runs the tests in the background may have them ignore it, and so their children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "cutoutd", "remove", "--watch", "--json", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        sample = Path(__file__).parents[2] / "src/cutoutd/web/playground/sample.jpg"
        (tmp_path / "photo.jpg").write_bytes(sample.read_bytes())
        assert process.stdout is not None
        process.stdout.readline()  # It is at work.
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130


def test_completion_knows_the_commands() -> None:
    run = cutoutd(_CUTOUTD_COMPLETE="complete_bash", COMP_WORDS="cutoutd re", COMP_CWORD="1")
    assert run.stdout.split() == ["remove"]
