"""tools/install, with a Python that only writes down what it is asked."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCH, BUILD, REMOVE = (
    "install --require-hashes -r requirements/compiler.txt",
    "install --no-deps --no-build-isolation -e .",
    "uninstall --yes ziglang",
)


def install(folder: Path, *, has_compiler: bool, has_network: bool = True) -> tuple[str, list[str]]:
    """What it says on stderr, and what it asked of pip."""
    python = folder / "python"
    python.write_text(
        f"""#!/bin/sh
        case "$*" in
            hatch_build.py) exit {0 if has_compiler else 1} ;;
            *compiler.txt) echo "$*" >> "{folder}/asked"; exit {0 if has_network else 1} ;;
            *) echo "$*" >> "{folder}/asked" ;;
        esac
        """
    )
    python.chmod(0o755)
    run = subprocess.run(
        [ROOT / "tools" / "install", python], capture_output=True, text=True, check=False
    )
    assert (run.returncode == 0) == (has_compiler or has_network)
    asked = (folder / "asked").read_text().splitlines()
    return run.stderr, [
        line.removeprefix("-m pip --disable-pip-version-check --quiet ") for line in asked
    ]


@pytest.mark.parametrize(
    ("has_compiler", "steps"), [(True, [BUILD]), (False, [FETCH, BUILD, REMOVE])]
)
def test_a_compiler_is_fetched_for_the_installation_where_there_is_none(
    tmp_path: Path, *, has_compiler: bool, steps: list[str]
) -> None:
    assert install(tmp_path, has_compiler=has_compiler)[1] == steps


def test_without_compiler_and_network_one_sentence_says_what_is_missing(tmp_path: Path) -> None:
    said, steps = install(tmp_path, has_compiler=False, has_network=False)
    assert said.count("\n") == 1
    assert "apt install gcc libc6-dev" in said
    assert steps == [FETCH]
