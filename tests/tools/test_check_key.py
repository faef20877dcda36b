"""The script that tries a key, against a server with keys, one without, and none."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.inside import serving
from tests.running import free_port

SCRIPT = Path(__file__).parents[2] / "tools" / "check_key.py"
KEY = "a-secret-of-16-characters"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("keys"), api_keys=(KEY,)) as base:
        yield base


def checked(*arguments: str) -> tuple[int, list[str]]:
    """Exit status and lines of the script."""
    run = subprocess.run(
        [sys.executable, "-I", SCRIPT, *arguments], capture_output=True, text=True, check=False
    )
    return run.returncode, (run.stdout or run.stderr).splitlines()


def test_a_good_key_passes_every_check(base: str) -> None:
    status, lines = checked(f"{base}/", KEY)
    assert status == 0, lines
    assert lines == [
        "ok      the key opens the account",
        "ok      a wrong key does not",
        "ok      an image loses its background",
    ]


def test_a_wrong_key_fails_with_the_servers_reason(base: str) -> None:
    status, lines = checked(base, "not-the-key-of-this-server")
    assert status == 1
    assert lines[0].startswith("FAILED  the key opens the account: 403: ")


def test_a_server_that_takes_any_key_is_named(tmp_path: Path) -> None:
    with serving(tmp_path) as base:
        status, lines = checked(base, "any")
    assert status == 1
    assert "CUTOUTD_API_KEYS" in lines[1]


def test_a_server_that_is_not_there_fails_without_a_traceback() -> None:
    status, lines = checked(f"http://127.0.0.1:{free_port()}", "any")
    assert status == 1
    assert all("no answer" in line for line in lines)


def test_without_arguments_the_script_says_how_it_is_called() -> None:
    status, lines = checked()
    assert status == 1
    assert lines[0].startswith("usage:")
