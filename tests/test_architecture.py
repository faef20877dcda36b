"""Promises about the shape of the code."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import cutoutd.web.dialects
from cutoutd.web.dialects import ALL

SOURCE = Path(cutoutd.__file__).parent


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


@pytest.mark.parametrize(
    "words",
    [("-c", "import cutoutd"), ("-m", "cutoutd", "--help")],
    ids=["import cutoutd", "cutoutd --help"],
)
def test_nothing_slow_is_imported_before_it_is_needed(words: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in run.stderr.splitlines()}
    slow = {"numpy", "PIL.Image", "onnxruntime", "fastapi", "sqlalchemy", "pydantic", "scipy"}
    assert "cutoutd" in imported
    assert not imported & slow


def test_no_source_file_grows_beyond_what_one_reads_in_a_sitting() -> None:
    for file in SOURCE.rglob("*.py"):
        assert len(file.read_text().splitlines()) <= 350, file


def test_no_function_grows_beyond_a_screen() -> None:
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 55, f"{file}: {node.name}"


def test_routes_reach_the_stores_through_the_service_alone() -> None:
    stores = ("JobStore", "JobRecords", "DeliveryStore", "ArtifactStore", "Dispatcher", "Database")
    for file in (SOURCE / "web").rglob("*.py"):
        names = {
            node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)
        }
        assert not names & set(stores), file
