"""The lists of what is here of each vendor's API: whole, with reasons, and proven by tests."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import AliasChoices
from tools.conformance import LISTS, ROOT, Conformance, Row, Verdict, counted, lists, read
from tools.conformance import tests_named as names_of_tests

from cutoutd.web.dialects import ALL
from cutoutd.web.fields import RequestFields

MADE_UP = """
vendor = "Acme"
dialect = "native"
source = "acme.example, read 2026-11"

[tests]
cut = "test_acme.py::test_it_cuts"

[call]
"POST /cut" = "cut"

[parameter]
photo = ["cut", "echoed"]
frame = ["", "there are no frames"]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "acme.toml"
    file.write_text(text)
    return file


def test_every_dialect_of_a_vendor_has_a_list() -> None:
    assert {one.dialect for one in lists()} == set(ALL) - {"native"}


def wire_names(schema: type[RequestFields]) -> Iterator[str]:
    """The names that a request's fields have on the wire."""
    for name, field in schema.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            yield from (str(choice) for choice in alias.choices)
        else:
            yield str(alias or name)


@pytest.mark.parametrize("one", lists(), ids=lambda one: one.vendor)
def test_every_parameter_that_the_code_reads_is_in_the_list(one: Conformance) -> None:
    schemas = [schema for schema in ALL[one.dialect].schemas if issubclass(schema, RequestFields)]
    assert set(one.schemas) <= {schema.__name__ for schema in schemas}
    read = {
        name
        for schema in schemas
        if not one.schemas or schema.__name__ in one.schemas
        for name in wire_names(schema)
    }
    listed = {row.name for row in one.rows if row.kind == "parameter"}
    assert read - listed == set()


@pytest.mark.parametrize("dialect", ALL)
def test_every_request_of_a_dialect_belongs_to_a_list(dialect: str) -> None:
    own = [one for one in lists() if one.dialect == dialect]
    if all(one.schemas for one in own) and own:
        named = {name for one in own for name in one.schemas}
        assert named == {schema.__name__ for schema in ALL[dialect].schemas}


def test_every_test_that_a_list_names_is_one_that_pytest_finds() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", *names_of_tests()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]


@pytest.mark.parametrize("one", lists(), ids=lambda one: one.vendor)
def test_a_list_says_what_is_asked_and_what_is_answered(one: Conformance) -> None:
    assert {"call", "parameter", "header", "answer", "status"} <= {row.kind for row in one.rows}
    assert "read 2026-" in one.source


def test_a_row_says_yes_or_how_it_differs_or_why_it_is_missing(tmp_path: Path) -> None:
    one = read(written(tmp_path, MADE_UP))
    assert one.rows == (
        Row("call", "POST /cut", Verdict.YES, "tests/web/dialects/test_acme.py::test_it_cuts"),
        Row(
            "parameter",
            "photo",
            Verdict.DIFFERS,
            "tests/web/dialects/test_acme.py::test_it_cuts",
            "echoed",
        ),
        Row("parameter", "frame", Verdict.NO, reason="there are no frames"),
    )


@pytest.mark.parametrize(
    ("row", "complaint"),
    [('"nothing"', "no test 'nothing'"), ('["", ""]', "needs a reason"), ('""', "needs a reason")],
)
def test_a_row_without_a_test_or_a_reason_is_refused(
    tmp_path: Path, row: str, complaint: str
) -> None:
    file = written(tmp_path, f"{MADE_UP}\nsize = {row}\n")
    with pytest.raises(ValueError, match=f"acme.toml: parameter size: .*{complaint}"):
        read(file)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no table parameters"):
        read(written(tmp_path, f"{MADE_UP}\n[parameters]\n"))


def test_a_test_that_fails_counts_against_the_vendor() -> None:
    one = next(one for one in lists() if one.dialect == "clipdrop")
    broken = next(row.test for row in one.rows if row.verdict is Verdict.YES)
    yes, total = one.count(Verdict.YES), len(one.rows)
    lost = sum(row.test == broken and row.verdict is Verdict.YES for row in one.rows)
    whole = next(line for line in counted(()) if line.startswith("Clipdrop"))
    assert whole.startswith(f"Clipdrop: {yes} of {total} (")
    less = next(line for line in counted({broken}) if line.startswith("Clipdrop"))
    assert less.startswith(f"Clipdrop: {yes - lost} of {total} (")
    assert f"FAILED call POST /remove-background/v1: {broken}" in less


def test_each_vendor_has_one_file() -> None:
    vendors = [one.vendor for one in lists()]
    assert len(set(vendors)) == len(vendors) == len(list(LISTS.glob("*")))
