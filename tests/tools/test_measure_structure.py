import subprocess
from pathlib import Path, PurePosixPath

import pytest
from tools.measure_structure import Function, files_at, levels, main, measure, report

SMALL = {
    PurePosixPath(f"src/cutoutd/{name}"): text
    for name, text in {
        "__init__.py": '__version__ = "1"\n',
        "errors.py": "class Oops(Exception):\n    pass\n",
        "store/__init__.py": "",
        "store/local.py": "from cutoutd.errors import Oops\nfrom cutoutd import __version__\n",
        "web/__init__.py": "import json\nfrom cutoutd.store import local\nimport cutoutd.errors\n",
        "web/app.py": "def serve(settings: Settings, port: int) -> None:\n\n    print(port)\n",
        "web/app.js": "let one\nlet two\n",
        "c/fast.c": "int one;\n",
    }.items()
}


def test_lines_are_counted_by_language_and_file() -> None:
    small = measure(SMALL)
    assert small.lines == {".py": 11, ".c": 1, ".h": 0, ".js": 2}
    assert small.files[PurePosixPath("src/cutoutd/web/app.py")] == 3


def test_a_function_is_as_long_as_from_its_def_to_its_last_line() -> None:
    assert measure(SMALL).functions == (Function("serve", 3),)


def test_a_room_is_a_package_or_module_below_the_root_and_imports_others_once() -> None:
    edges = {"errors": set(), "store": {"errors"}, "web": {"store", "errors"}}
    assert measure(SMALL).edges == edges


def test_levels_are_the_rooms_on_the_longest_way_down() -> None:
    assert levels(measure(SMALL).edges) == 3


def test_a_circle_of_imports_has_no_levels() -> None:
    with pytest.raises(ValueError, match="imports itself"):
        levels({"a": frozenset("b"), "b": frozenset("a")})


def test_functions_that_take_the_settings_are_counted() -> None:
    assert measure(SMALL).takes_settings == 1


def test_the_report_has_a_column_for_each_version() -> None:
    table = report({"before": measure(SMALL), "after": measure(SMALL)}).splitlines()
    assert table[0] == "|  | before | after |"
    assert "| import edges between rooms | 3 | 3 |" in table


def test_a_commit_is_read_from_git(tmp_path: Path) -> None:
    for path, text in SMALL.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "Begin")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "src/cutoutd/errors.py").unlink()
    assert files_at("HEAD", tmp_path) == SMALL


def test_without_a_commit_the_files_are_measured_as_they_lie_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main([])
    assert capsys.readouterr().out.startswith("|  | here |")
