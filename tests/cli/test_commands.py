import os
import signal
import socket
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
    run = cutoutd(_CUTOUTD_COMPLETE="complete_bash", COMP_WORDS="cutoutd rem", COMP_CWORD="1")
    assert run.stdout.split() == ["remove"]


def test_a_port_in_use_is_one_sentence_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = cutoutd("serve", "--port", port, CUTOUTD_DATA_DIR=str(tmp_path))
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}: address already in use" in run.stderr


def test_ids_of_keys_are_shown_whole(tmp_path: Path) -> None:
    cutoutd("keys", "create", "ann", CUTOUTD_DATA_DIR=str(tmp_path))
    shown = cutoutd("keys", "list", COLUMNS="40", CUTOUTD_DATA_DIR=str(tmp_path))
    key = shown.stdout.splitlines()[1].split()[0]
    assert cutoutd("keys", "revoke", key, CUTOUTD_DATA_DIR=str(tmp_path)).returncode == 0
