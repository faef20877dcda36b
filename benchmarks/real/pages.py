"""The records of networks that people use, as tables: seconds and quality side by side."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.real.contests import CASES, CONTESTS, MUST, PROVIDERS
from benchmarks.record import RESULTS

NETWORKS = {"u2netp": "U²-Netp", "embedded": "`cutoutd-small`", "isnet": "IS-Net"}
PROGRAMS = {"cpu": "cutoutd", "mnn": "cutoutd, MNN", "imgly": "IMG.LY's Node package"}
"""Where the name is not the record's own."""
SETS = {"davis": "DAVIS", "people_ccp": "Clothing Co-Parsing", "duts_tr": "DUTS-TR"}
BRIEF = ("0.5mp", "2mp", "12mp")
NOT_YET = "Not measured yet: `make bench-real`."
Cases = Mapping[str, Mapping[str, Any]]
"""Rows of a record by name."""


def real() -> list[str]:
    """Seconds of every program with every network, at every size, and how good the result is."""
    return _table(list(CASES), list(SETS))


def real_brief() -> str:
    """The same for those who look in for a moment; nothing until it was measured."""
    record = RESULTS / "real.json"
    if not record.exists():
        return ""
    facts = json.loads(record.read_text())
    said = (
        f"Seconds a photo, JPEG to PNG, on {facts['cores']} cores ({facts['cpu']}); in parentheses"
        " how many times faster than rembg with the same network, `cutoutd-small` than rembg with"
        " U²-Netp. [How this was measured](benchmarks/README.md#networks-that-people-use)"
    )
    table = "\n".join(_table(list(BRIEF), ["davis"], goals=False))
    return f"### Beside what else runs on a CPU\n\n{said}\n\n{table}\n"


def real_ratios(file: str = "real.json") -> list[str]:
    """Each case of ours beside another program: ratios, promise, what the network allows."""
    cases = _cases(file)
    if not cases:
        return [NOT_YET]
    titles = ["network", "beside", "case", "pairs", "ratio", "CPU", "goal", "network's limit"]
    titles += ["all but the network", "on MNN", "CPU"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for contest in CONTESTS:
        for network in contest.ours:
            for case in contest.cases:
                rows = [cases.get(f"{network}/{case}/{one}/{contest.theirs}") for one in PROVIDERS]
                if any(rows):
                    beside = PROGRAMS.get(contest.theirs, contest.theirs)
                    cells = [NETWORKS[network], beside, case, *_ratios(*rows)]
                    lines.append("| " + " | ".join(cells) + " |")
    return lines


def real_ratios_avx2() -> list[str]:
    """The same on a CPU without AVX-512."""
    return real_ratios("real-avx2.json")


def _ratios(cpu: Mapping[str, Any] | None, mnn: Mapping[str, Any] | None) -> Iterator[str]:
    either = cpu or mnn or {}
    yield str(either["pairs"])
    for key in ("ratio", "cpu_ratio"):
        yield _number(cpu, key)
    yield f"{either['must']:g}" if "must" in either else ""
    for key in ("limit", "rest_ratio"):
        yield _number(cpu, key)
    for key in ("ratio", "cpu_ratio"):
        yield _number(mnn, key)


def _number(row: Mapping[str, Any] | None, key: str) -> str:
    return f"{row[key]:.2f}" if row and key in row else ""


def _table(cases: list[str], sets: list[str], *, goals: bool = True) -> list[str]:
    """One line for each program and network that anything is known of."""
    seconds, quality = _cases("real.json"), _cases("real-quality.json")
    titles = ["network", "program", *(_title(case) for case in cases)]
    titles += [f"S / max-F / MAE, {SETS[one]}" for one in sets]
    rows: list[list[str]] = []
    for network, program in _programs():
        spent = [_spent(seconds, network, program, case) for case in cases]
        good = [_good(quality, network, program, one) for one in sets]
        if any([*spent, *good]):
            rows.append([NETWORKS[network], PROGRAMS.get(program, program), *spent, *good])
        if goals and program == PROVIDERS[-1] and any(spent) and network in MUST:
            promised = (MUST[network].get(case) for case in cases)
            written = [f"({goal:g})" if goal else "" for goal in promised]
            rows.append([NETWORKS[network], "goal", *written, *[""] * len(sets)])
    lines = ["| " + " | ".join(cells) + " |" for cells in [titles, *rows]]
    lines.insert(1, "|---" * len(titles) + "|")
    return lines if rows else [NOT_YET]


def _title(case: str) -> str:
    """`12mp-two-callers` as people say it."""
    size, _, more = case.partition("-")
    what = {"mask": ", mask", "two-callers": ", four pictures of two callers"}.get(more, "")
    return f"{size.removesuffix('mp')} MP{what}, s"


def _programs() -> Iterator[tuple[str, str]]:
    """Network and program; ours are named by what runs the network."""
    for network in NETWORKS:
        beside = [one for one in CONTESTS if one.network == network]
        yield from ((network, one.theirs) for one in beside)
        yield from ((network, provider) for provider in PROVIDERS)


def _spent(cases: Cases, network: str, program: str, case: str) -> str:
    """Seconds; of ours also how many times rembg's, which runs U²-Netp beside the embedded one."""
    if program in PROVIDERS:
        row = cases.get(f"{network}/{case}/{program}/rembg")
        return f"{_seconds(row['ours_s'])} ({row['ratio']:.2f})" if row else ""
    ours = ((network, provider) for provider in PROVIDERS)
    rows = (cases.get(f"{name}/{case}/{provider}/{program}") for name, provider in ours)
    return next((_seconds(row["theirs_s"]) for row in rows if row), "")


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _good(cases: Cases, network: str, program: str, name: str) -> str:
    """MNN's masks are those of ONNX Runtime within a level: one line says both."""
    row = cases.get(f"{network}/{'cutoutd' if program == 'cpu' else program}/{name}")
    return f"{row['S']:.3f} / {row['max-F']:.3f} / {row['MAE']:.4f}" if row else ""


def _cases(file: str) -> Cases:
    """Its rows; none where there is no record yet."""
    path = RESULTS / file
    found: Cases = json.loads(path.read_text())["cases"] if path.exists() else {}
    return found
