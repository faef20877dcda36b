"""A network of U²-Net's shape that answers a given mask, through both products."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.networks import write
from benchmarks.photos import CACHE, SIZE, photo
from benchmarks.pipelines import THREADS, command, ours, theirs
from benchmarks.turns import Work, row, taken, timed

from cutoutd.command import MattingMode, RemoveBackground
from cutoutd.removal.model import Segmenter
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import ModelSpec, Scale
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

Rows = Iterator[tuple[str, dict[str, float]]]
"""Names and rows of a record."""


@dataclass(frozen=True)
class Case:
    """One line of the table: what is asked of both, at which size, and the ratio promised."""

    name: str
    megapixels: float
    must: float
    ours: RemoveBackground
    theirs: dict[str, bool]
    pairs: int = 0
    """Where rembg takes minutes, fewer than asked for, and no run beforehand."""


FAST, EXACT = command(MattingMode.FAST), command(MattingMode.EXACT)
CASES = {
    case.name: case
    for case in (
        Case("0.5mp", 0.5, 1.5, command(), {}),
        Case("2mp", 2, 1.9, command(), {}),
        Case("12mp", 12, 4, command(), {}),
        Case("24mp", 24, 5.5, command(), {}),
        Case("12mp-mask", 12, 2, command(only_mask=True), {"only_mask": True}),
        Case("2mp-fast", 2, 6, FAST, {"alpha_matting": True}),
        Case("2mp-exact", 2, 2.2, EXACT, {"alpha_matting": True}),
        Case("12mp-fast", 12, 10, FAST, {"alpha_matting": True}, pairs=1),
        Case("12mp-exact", 12, 2.3, EXACT, {"alpha_matting": True}, pairs=1),
    )
}


@cache
def network(path: str | None) -> Path:
    """The file that both load."""
    file = CACHE / f"u2net-shaped-{Path(path).stem if path else 'drawn'}.onnx"
    if not file.exists():
        write("u2net", file, answer=photo(0.5, path)[1])
    return file


@cache
def our_session(path: str | None, provider: str) -> Session:
    """Ours, prepared as the product prepares it."""
    spec = ModelSpec(
        name="u2net-shaped",
        size=SIZE,
        scale=Scale.BRIGHTEST,
        stretch=True,
        reducing_gap=2.0,
        file=network(path).name,
        licence="none",
        commercial=True,
        source="benchmarks/networks.py",
    )
    graphs = PreparedGraphs(CACHE / "graphs")
    return open_session(
        spec,
        network(path),
        RunnerOptions(provider=ProviderName(provider), threads=THREADS, graphs=graphs),
    )


@cache
def their_session(path: str | None) -> object:
    """rembg's own session for a custom file, which must lie in its models folder."""
    import rembg

    os.environ["U2NET_HOME"] = str(CACHE)
    return rembg.new_session("u2net_custom", model_path=str(network(path)))


def our_work(
    case: Case, path: str | None, segmenter: Segmenter | None = None, *, provider: str = "cpu"
) -> Work:
    """One run of ours."""
    data = photo(case.megapixels, path)[0]
    work = ours([data], case.ours, segmenter or our_session(path, provider))

    def run() -> object:
        removal = work()
        assert not removal.notes, removal.notes  # type: ignore[attr-defined]
        return removal

    return run


def their_work(case: Case, path: str | None) -> Work:
    """One run of rembg's."""
    return theirs([photo(case.megapixels, path)[0]], their_session(path), **case.theirs)


def compare(
    works: dict[str, tuple[Work, Work]], pairs: int, *, warm: bool = True
) -> dict[str, dict[str, float]]:
    """A row for each case, ours beside theirs."""
    sides = {
        name: {"ours": timed(mine), "theirs": timed(yours)} for name, (mine, yours) in works.items()
    }
    found = taken(sides, pairs, warm=warm)
    return {name: row(one["ours"], one["theirs"]) for name, one in found.items()}
