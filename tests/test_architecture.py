"""Promises about the shape of the code."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.measure_structure import Structure, files_here, measure

import cutoutd.web.dialects
from cutoutd.web.dialects import ALL

SOURCE = Path(cutoutd.__file__).parent
TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def code() -> Structure:
    return measure(files_here())


def test_every_dialect_in_the_folder_is_listed() -> None:
    modules = {module.name for module in pkgutil.iter_modules(cutoutd.web.dialects.__path__)}
    assert modules - {"base"} == set(ALL)


def test_dialects_never_import_each_other() -> None:
    for name in ALL:
        for other in set(ALL) - {name}:
            for file in _files_of(name):
                assert f"cutoutd.web.dialects.{other}" not in file.read_text(), file


def _files_of(dialect: str) -> list[Path]:
    folder = SOURCE / "web" / "dialects"
    return [*folder.glob(f"{dialect}.py"), *(folder / dialect).glob("**/*.py")]


SLOW = {"numpy", "PIL.Image", "onnxruntime", "fastapi", "sqlalchemy", "pydantic", "scipy"}


@pytest.mark.parametrize(
    ("words", "slow"),
    [
        (("-c", "import cutoutd"), SLOW),
        (("-m", "cutoutd", "--help"), SLOW),
        (("-c", "from cutoutd import remove_background"), {"httpx", "fastapi", "sqlalchemy"}),
        (("-c", "import cutoutd.cli.worker, cutoutd.server.wiring"), {"fastapi", "starlette"}),
        (
            ("-c", "import cutoutd.cli.serve, cutoutd.server.app"),
            {"numpy", "PIL", "onnxruntime", "alembic"},
        ),
    ],
    ids=["import cutoutd", "cutoutd --help", "the library", "cutoutd worker", "cutoutd serve"],
)
def test_nothing_slow_is_imported_before_it_is_needed(
    words: tuple[str, ...], slow: set[str]
) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in run.stderr.splitlines()}
    assert "cutoutd" in imported
    assert not imported & slow


def test_no_source_file_grows_beyond_what_one_reads_in_a_sitting(code: Structure) -> None:
    assert {file: lines for file, lines in code.files.items() if lines > 300} == {}


def test_no_function_grows_beyond_a_screen(code: Structure) -> None:
    assert [function for function in code.functions if function.lines > 45] == []


def test_the_folders_of_tests_are_those_of_the_code_and_some_more() -> None:
    packages = {folder.name for folder in SOURCE.iterdir() if folder.is_dir()}
    folders = {folder.name for folder in TESTS.iterdir() if any(folder.glob("*.py"))}
    more = {
        "benchmarks",
        "chaos",
        "deploy",
        "e2e",
        "fuzz",
        "generated",
        "programs",
        "runtimes",
        "tools",
        "training",
    }
    assert folders - packages == more
