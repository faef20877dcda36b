"""How much of each vendor's API is here, row by row, each with the test that proves it.

`tests/conformance/NAME.toml` holds a vendor's list: every call, parameter, header, status and error
code of its API, and for each either the name of a test (yes), the test and a sentence (differs), or
a sentence alone (no). `make conformance` runs those tests and prints the counts, `make generate`
writes them into the README and docs/api/conformance.md; nobody counts by hand.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LISTS = ROOT / "tests" / "conformance"
TESTS = "tests/web/dialects"

KINDS = ("call", "parameter", "header", "answer", "status", "code")
"""The tables that a list may have, in the order in which they are shown."""

_BAD = f"{TESTS}/test_bad_input.py::test"
COMMON = {
    "missing": f"{_BAD}_a_request_without_a_picture_is_refused_in_the_vendors_words[NAME]",
    "text": f"{_BAD}_a_bad_picture_is_refused_in_the_vendors_words[NAME-text]",
    "truncated": f"{_BAD}_a_bad_picture_is_refused_in_the_vendors_words[NAME-truncated]",
    "bomb": f"{_BAD}_a_bad_picture_is_refused_in_the_vendors_words[NAME-bomb]",
    "large": f"{_BAD}_a_bad_picture_is_refused_in_the_vendors_words[NAME-large]",
    "key": f"{_BAD}_a_wrong_or_missing_key_is_refused_in_the_vendors_words[NAME]",
    "late": f"{_BAD}_a_picture_that_takes_too_long_is_given_up_with_a_time_to_come_back[NAME]",
    "spent": f"{_BAD}_a_client_over_its_limit_is_told_so_and_when_to_come_back[NAME]",
    "values": f"{_BAD}_a_parameter_out_of_its_range_is_refused_under_its_name",
}
"""Tests that every dialect has, by the names that lists use; NAME is the dialect's."""

HEAD = """\
# How much of each API is here

Every call, parameter, header, status and error code of each vendor, as far as its documents and its
public callers show it: the same here (yes), otherwise (differs), or not at all (no). A row names
the test that proves it; `make conformance` runs those tests and counts. This page is written by
`make generate` from the lists in `tests/conformance`; a test holds every list against the code.

"""


class Verdict(StrEnum):
    """What a row says."""

    YES = "yes"
    DIFFERS = "differs"
    NO = "no"


@dataclass(frozen=True)
class Row:
    """One thing of a vendor's API."""

    kind: str
    name: str
    verdict: Verdict
    test: str = ""
    """pytest's name of the test; empty for what is not here."""
    reason: str = ""
    """How it differs, or why it is not here; empty for what is the same."""


@dataclass(frozen=True)
class Conformance:
    """One vendor's list."""

    vendor: str
    dialect: str
    source: str
    """Where the vendor's API was read."""
    schemas: tuple[str, ...] = ()
    """The requests of the dialect that are this vendor's; all where none is named."""
    rows: tuple[Row, ...] = field(default=())

    def count(self, verdict: Verdict) -> int:
        """How many rows say so."""
        return Counter(row.verdict for row in self.rows)[verdict]


@cache
def lists() -> tuple[Conformance, ...]:
    """Every vendor's list, by the name of its file. Raises ValueError for one that is wrong."""
    return tuple(read(file) for file in sorted(LISTS.glob("*.toml")))


def read(file: Path) -> Conformance:
    """The list in this file. Raises ValueError naming the file and the row that is wrong."""
    told = tomllib.loads(file.read_text())
    unknown = set(told) - {"vendor", "dialect", "source", "schemas", "tests", *KINDS}
    if unknown:
        raise ValueError(f"{file.name}: there is no table {min(unknown)}.")
    tests = {name: f"{TESTS}/{test}" for name, test in told.get("tests", {}).items()}
    tests |= {name: test.replace("NAME", told["dialect"]) for name, test in COMMON.items()}
    rows = [
        _row(f"{file.name}: {kind} {name}", kind, name, said, tests)
        for kind in KINDS
        for name, said in told.get(kind, {}).items()
    ]
    return Conformance(
        vendor=told["vendor"],
        dialect=told["dialect"],
        source=told["source"],
        schemas=tuple(told.get("schemas", ())),
        rows=tuple(rows),
    )


def _row(place: str, kind: str, name: str, said: Any, tests: dict[str, str]) -> Row:
    """`"test"`, `["test", "how it differs"]` or `["", "why it is not here"]`."""
    test, reason = (said, "") if isinstance(said, str) else said
    if test and test not in tests:
        raise ValueError(f"{place}: there is no test {test!r} in the table tests.")
    if not test and not reason:
        raise ValueError(f"{place}: what is not here needs a reason.")
    verdict = (Verdict.DIFFERS if reason else Verdict.YES) if test else Verdict.NO
    return Row(kind, name, verdict, tests.get(test, ""), reason)


def tests_named() -> list[str]:
    """Every test that a list names, once."""
    return sorted({row.test for one in lists() for row in one.rows if row.test})


def page() -> str:
    """docs/api/conformance.md."""
    return HEAD + summary("") + "".join(_section(one) for one in lists())


def summary(page: str = "docs/api/conformance.md") -> str:
    """The counts of every vendor; `page` is where its list is."""
    lines = ["| vendor | the same | differs | missing |", "|---|---|---|---|"]
    for one in lists():
        yes, differs, no = (one.count(verdict) for verdict in Verdict)
        link = f"[{one.vendor}]({page}#{_anchor(one.vendor)})"
        lines.append(f"| {link} | {yes} of {len(one.rows)} | {differs} | {no} |")
    return "\n".join(lines) + "\n"


def _section(one: Conformance) -> str:
    head = f"\n## {one.vendor}\n\n{one.source}\n\n"
    head += "| what | | here | how, or why not | proven by |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {row.kind} | `{row.name}` | {row.verdict} | {row.reason} | {_shown(row.test)} |\n"
        for row in one.rows
    )


def _shown(test: str) -> str:
    file, _, name = test.partition("::")
    return f"`{Path(file).name}` `{name.partition('[')[0]}`" if test else ""


def _anchor(title: str) -> str:
    kept = "".join(sign for sign in title.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")


def counted(failed: Collection[str]) -> Iterator[str]:
    """A line for each vendor: what is the same, what differs, what is missing or has failed."""
    for one in lists():
        broken = [row for row in one.rows if row.test in failed]
        yes = sum(row.verdict is Verdict.YES and row.test not in failed for row in one.rows)
        line = f"{one.vendor}: {yes} of {len(one.rows)}"
        line += f" ({one.count(Verdict.DIFFERS)} differ, {one.count(Verdict.NO)} missing)"
        yield line + "".join(f"\n    FAILED {row.kind} {row.name}: {row.test}" for row in broken)


class Outcomes:
    """A plugin for pytest that remembers which of the named tests did not pass."""

    def __init__(self) -> None:
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test that is skipped proves nothing."""
        if report.outcome != "passed":
            whole = report.nodeid
            self.failed |= {whole, whole.partition("[")[0]}


def main() -> None:
    """Run every test that a list names, print the counts; exit with 1 where one has failed."""
    import pytest  # Not where pages are written: it is a tool of tests.

    outcomes = Outcomes()
    status = pytest.main(["-q", "--no-header", *tests_named()], plugins=[outcomes])
    print("\n".join(counted(outcomes.failed)))
    sys.exit(int(status))


if __name__ == "__main__":
    main()
