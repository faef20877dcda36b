"""How fast: the whole pipeline beside rembg's, in one process, taking turns.

Both load the same ONNX file, get the same JPEG bytes and write PNG bytes. The network has U²-Net's
shape and answers a given mask; `benchmarks.real` measures networks that people use. Each case is
run in pairs, ours and theirs in alternating order, and the cases take turns as well; the figure is
the median of the pairs' ratios. Peak memory is measured in child processes that do one case and
nothing else.

    PYTHONPATH=src:. python -m benchmarks.speed [--pairs 11] [--cases 2mp …] [--memory] [--keep]

With `--provider mnn` ours runs the network on MNN, in float32 as before, and rembg as ever; what
does not depend on the network is left out, and the record is results/speed-mnn.json.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import peak_megabytes, refuse_busy
from benchmarks.photos import SIZE
from benchmarks.pipelines import network_seconds
from benchmarks.record import RESULTS, Record
from benchmarks.shaped import CASES, Rows, compare, network, our_work, their_work
from benchmarks.special import special_cases
from benchmarks.turns import in_two_threads, limit


def plain_cases(chosen: argparse.Namespace) -> Rows:
    """The whole pipelines: those of seconds in turns, then each of minutes by itself."""
    path, provider = chosen.photo, chosen.provider
    works = {
        name: (our_work(CASES[name], path, provider=provider), their_work(CASES[name], path))
        for name in chosen.cases
    }
    quick = {name: both for name, both in works.items() if not CASES[name].pairs}
    found = compare(quick, chosen.pairs)
    bare = network_seconds(network(path), SIZE) if works else 0
    for name, both in works.items():
        case = CASES[name]
        if case.pairs:
            found |= compare({name: both}, case.pairs, warm=False)
        measured = {**found[name], "must": case.must}
        if chosen.memory:
            for side in ("ours", "theirs"):
                measured[f"{side}_peak_mb"] = peak_of(name, side, path, provider)
        yield name, {**measured, **limit(bare, measured)}


def two_callers(path: str | None, pairs: int, provider: str) -> Rows:
    """Both sides with two callers at once, at 12 megapixels."""
    mine = in_two_threads(our_work(CASES["12mp"], path, provider=provider))
    yours = in_two_threads(their_work(CASES["12mp"], path))
    name = "two-callers-12mp"
    yield name, {**compare({name: (mine, yours)}, max(2, pairs // 2))[name], "must": 3.0}


def peak_of(case: str, side: str, path: str | None, provider: str) -> float:
    """The most memory that a process of its own ever held, doing one case twice."""
    words = ["-m", "benchmarks.speed", "--child", case, side, "--provider", provider]
    words += ["--photo", path] if path else []
    run = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    return float(run.stdout)


def child(name: str, side: str, path: str | None, provider: str) -> None:
    """Do one case twice and print this process's peak memory in MB."""
    case = CASES[name]
    work = our_work(case, path, provider=provider) if side == "ours" else their_work(case, path)
    work()
    work()
    print(peak_megabytes())


def main() -> None:
    """Measure what was asked for and write the record."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--pairs", type=int, default=11)
    options.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    options.add_argument("--photo", default=None, help="JPEG to enlarge; default: a drawn one")
    options.add_argument("--memory", action="store_true")
    options.add_argument("--keep", action="store_true", help="the other rows of the record")
    options.add_argument("--no-special", action="store_true")
    options.add_argument("--busy", action="store_true", help="measure whatever others do")
    options.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--provider", choices=("cpu", "mnn"), default="cpu")
    options.add_argument("--out", type=Path, default=None)
    chosen = options.parse_args()
    if chosen.child:
        child(*chosen.child, chosen.photo, chosen.provider)
        return
    others = refuse_busy(unless=chosen.busy)
    name = "speed.json" if chosen.provider == "cpu" else f"speed-{chosen.provider}.json"
    shown = Path(chosen.photo).name if chosen.photo else "drawn fur"
    record = Record(chosen.out or RESULTS / name, keep=chosen.keep, photo=shown, others=others)
    for case, measured in rows(chosen):
        record.put(case, measured)


def rows(chosen: argparse.Namespace) -> Rows:
    """All that was asked for."""
    yield from plain_cases(chosen)
    if not chosen.no_special and chosen.provider == "cpu":
        yield from special_cases(chosen.photo, chosen.pairs)
    if not chosen.no_special:
        yield from two_callers(chosen.photo, chosen.pairs, chosen.provider)


if __name__ == "__main__":
    main()
