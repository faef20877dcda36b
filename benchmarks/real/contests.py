"""Who is measured beside whom, at which sizes, how often, and with which ratio promised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch


@dataclass(frozen=True)
class Case:
    """What is asked of both."""

    megapixels: float
    only_mask: bool = False
    callers: int = 1


CASES = {
    "0.06mp": Case(0.06),
    "0.25mp": Case(0.25),
    "0.5mp": Case(0.5),
    "2mp": Case(2),
    "12mp": Case(12),
    "24mp": Case(24),
    "12mp-mask": Case(12, only_mask=True),
    "12mp-two-callers": Case(12, callers=2),
}
PROVIDERS = ("cpu", "mnn")
"""What ours runs networks on: ONNX Runtime, MNN."""


@dataclass(frozen=True)
class Contest:
    """One other program with one network, and which of our networks are beside it."""

    theirs: str
    network: str
    """Theirs."""
    ours: tuple[str, ...]
    pairs: int
    cases: tuple[str, ...] = tuple(CASES)

    def rows(self, providers: Iterable[str] = PROVIDERS) -> Iterator[str]:
        """Names of rows: `our network/case/provider/their program`."""
        for case in self.cases:
            for network in self.ours:
                for provider in providers:
                    yield f"{network}/{case}/{provider}/{self.theirs}"


SMALL = ("0.5mp", "2mp")
CONTESTS = (
    Contest("rembg", "u2netp", ("u2netp", "embedded"), 11),
    Contest("rembg", "isnet", ("isnet",), 3),
    Contest("backgroundremover", "u2netp", ("u2netp", "embedded"), 5, SMALL),
    Contest("imgly", "isnet", ("isnet", "embedded"), 3, SMALL),
)
"""Fewer pairs where a picture takes seconds."""
SIZES = tuple(name for name, case in CASES.items() if not case.only_mask and case.callers == 1)
MUST = {
    "u2netp": {"0.06mp": 1.3, "0.25mp": 1.4, "0.5mp": 1.5, "2mp": 2.0, "12mp": 4.0},
    "embedded": dict.fromkeys(SIZES, 10.0),
}
"""Ratios promised beside rembg, by our network and case."""


def must(row: str) -> dict[str, float]:
    """The promise of a row, if there is one."""
    network, case, _, theirs = row.split("/")
    found = MUST.get(network, {}).get(case) if theirs == "rembg" else None
    return {} if found is None else {"must": found}


def pairs_of(contest: Contest, case: str) -> int:
    """Half as many where each run is four pictures."""
    return contest.pairs if CASES[case].callers == 1 else max(1, contest.pairs // 2)


def chosen(
    rows: Iterable[str], patterns: Iterable[str], *, but: Iterable[str] = ()
) -> dict[str, None]:
    """The rows that begin as one of the patterns says, without those that are there already.

    A pattern is `u2netp`, `embedded/12mp/cpu`, `*/0.5mp`, `*/*/mnn`.
    """
    there = set(but)
    return {
        row: None
        for row in rows
        if row not in there
        and any(fnmatch(row, one) or fnmatch(row, f"{one}/*") for one in patterns)
    }
