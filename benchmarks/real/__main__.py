"""`python -m benchmarks.real PART FOLDER`: networks that people use, through everybody's pipeline.

    speed    seconds a picture, in turns with rembg and with what else is installed: real.json
    quality  S, max-F and MAE of the same pipelines on held-out photos (--data): real-quality.json

FOLDER has u2netp.onnx and isnet-general-use.onnx (or IMG.LY's isnet.onnx). `--cases` names rows as
`network/case/provider/program` (speed) or `network/program/set` (quality), or how they begin:
`u2netp`, `embedded/12mp`, `*/0.5mp/cpu`. `--keep` keeps the other rows; `--missing` measures only
what the record lacks, too.
"""

import argparse
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from benchmarks.machine import refuse_busy
from benchmarks.real.contests import CONTESTS, PROVIDERS, chosen
from benchmarks.real.networks import Network, network
from benchmarks.real.programs import PEERS, installed
from benchmarks.record import RESULTS, Record


def main() -> None:
    """Measure what was asked for."""
    asked = arguments()
    usable = ["rembg", *installed()]
    for name in PEERS:
        if name not in usable:
            print(f"NOT MEASURED: {PEERS[name].title} is not installed (make bench-peers).")
    if asked.part == "speed":
        speed(asked, usable)
    else:
        quality(asked, usable)


def speed(asked: argparse.Namespace, usable: list[str]) -> None:
    """Into results/real.json."""
    from benchmarks.real.speed import Entrants, measure

    contests = [one for one in CONTESTS if one.theirs in usable]
    file = asked.out or RESULTS / "real.json"
    there = Record(file, keep=asked.missing).cases
    rows = {one: chosen(one.rows(asked.providers), asked.cases, but=there) for one in contests}
    named = {row.split("/")[0] for of_contest in rows.values() for row in of_contest}
    named |= {one.network for one, of_contest in rows.items() if of_contest}
    networks = opened(named, asked.folder)
    others = refuse_busy(unless=asked.busy)
    photos = [str(one) for one in asked.photos]
    about = {"photos": [one.name for one in asked.photos] or ["drawn fur"], "others": others}
    record = Record(file, keep=asked.keep or asked.missing, files=facts(networks), **about)
    with closing(Entrants(networks, photos or [None])) as entrants:
        for contest, of_contest in rows.items():
            measure(contest, list(of_contest), entrants, record, pairs=asked.pairs)


def quality(asked: argparse.Namespace, usable: list[str]) -> None:
    """Into results/real-quality.json."""
    from benchmarks.real.quality import measure, rows_of

    file = asked.out or RESULTS / "real-quality.json"
    there = Record(file, keep=asked.missing).cases
    rows = list(chosen(rows_of(usable), asked.cases, but=there))
    networks = opened({row.split("/")[0] for row in rows}, asked.folder)
    record = Record(file, keep=asked.keep or asked.missing, files=facts(networks))
    measure(rows, networks, asked.data, record)


def opened(names: Iterable[str], folder: Path) -> dict[str, Network]:
    """By name; a file that is missing ends the program."""
    return {name: network(name, folder) for name in sorted(names)}


def facts(networks: dict[str, Network]) -> dict[str, object]:
    """Which files they were."""
    return {name: one.facts for name, one in networks.items()}


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("speed", "quality"))
    parser.add_argument("folder", type=Path, help="where the published networks are")
    parser.add_argument("--cases", nargs="+", default=["*"])
    parser.add_argument("--keep", action="store_true", help="the other rows of the record")
    parser.add_argument("--missing", action="store_true", help="only rows that it lacks")
    parser.add_argument("--pairs", type=int, help="at most so many")
    parser.add_argument("--providers", nargs="+", choices=PROVIDERS, default=PROVIDERS)
    parser.add_argument("--photos", type=Path, nargs="+", default=[], help="default: a drawn one")
    parser.add_argument("--data", type=Path, help="quality: where the tar shards are")
    parser.add_argument("--busy", action="store_true", help="measure whatever others do")
    parser.add_argument("--out", type=Path, help="another file than the record")
    asked = parser.parse_args()
    if asked.part == "quality" and not asked.data:
        parser.error("quality needs --data, the tar shards that training/README.md names")
    return asked


if __name__ == "__main__":
    main()
