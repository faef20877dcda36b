"""The records in results/ as Markdown tables between the marks of their pages: `make generate`."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.precision.record import precision
from benchmarks.real.pages import real, real_ratios, real_ratios_avx2
from benchmarks.scale import pages

HERE = Path(__file__).parent
DECISIONS = HERE.parent / "docs" / "decisions"


def speed() -> list[str]:
    """Ratios beside what is promised, what the network allows, and memory."""
    titles = ["network's limit", "all but the network", "peak MB, cutoutd / rembg"]
    return _speed("speed.json", titles)


def speed_mnn() -> list[str]:
    """The ratios where ours runs the network on MNN."""
    return _speed("speed-mnn.json", [])


def speed_mnn_avx512() -> list[str]:
    """The same on a CPU with AVX-512."""
    return _speed("speed-mnn-avx512.json", [])


def _speed(record: str, more: list[str]) -> list[str]:
    cases = json.loads((HERE / "results" / record).read_text())["cases"]
    titles = ["case", "cutoutd, s", "rembg, s", "ratio", "goal", *more]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for name, row in cases.items():
        memory = (
            f"{row['ours_peak_mb']:.0f} / {row['theirs_peak_mb']:.0f}"
            if "ours_peak_mb" in row
            else ""
        )
        theirs = f"{row['theirs_s']:.3f}" if "theirs_s" in row else f"{row['bare_s']:.3f} (bare)"
        cells = [name, f"{row['ours_s']:.3f}", theirs, f"{row['ratio']:.2f}", f"{row['must']:g}"]
        cells += [f"{row[key]:.2f}" if key in row else "" for key in ("limit", "rest_ratio")]
        lines.append("| " + " | ".join([*cells, memory][: len(titles)]) + " |")
    return lines


def edges() -> list[str]:
    """Mean errors of every method."""
    return _edges("edges.json")


def edges_blurred() -> list[str]:
    """The same where the network errs."""
    return _edges("edges-blurred.json")


def _edges(file: str) -> list[str]:
    record = json.loads((HERE / "results" / file).read_text())
    metrics = list(next(iter(record["mean"].values())))
    width, height = record["size"]
    titles = [f"{record['pictures']} pictures, {width} x {height}", *metrics]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"{row[metric]:.2f}" for metric in metrics) + " |"
        for name, row in record["mean"].items()
    ]
    return lines


def halo() -> list[str]:
    """What lies outside the subject, of every method."""
    record = json.loads((HERE / "results" / "halo.json").read_text())
    lines = ["| method | halo, % | its alpha, % | fringe | SAD |", "|---" * 5 + "|"]
    for name, row in record["mean"].items():
        cells = [f"{row['halo_percent']:.1f}", f"{row['halo_alpha_percent']:.2f}"]
        cells += [f"{row['fringe']:.1f}", f"{row['SAD']:.2f}"]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines


def start() -> list[str]:
    """Seconds of importing, of `--help`, and until a server is ready and has answered once."""
    record = json.loads((HERE / "results" / "start.json").read_text())
    lines = ["| | seconds | CPU seconds |", "|---" * 3 + "|"]
    for name, (seconds, cpu) in record["spent"].items():
        lines.append(f"| {name} | {seconds:.2f} | {f'{cpu:.2f}' if cpu else ''} |")
    return [*lines, "", f"Medians of {record['rounds']} turns on {_machine(record)}."]


def folder() -> list[str]:
    """Images a second of a folder, and as a part of what the network alone reaches."""
    record = json.loads((HERE / "results" / "folder.json").read_text())
    reached = record["per_second"]
    lines = ["| | images a second | of the network's |", "|---" * 3 + "|"]
    for name, rate in reached.items():
        lines.append(f"| {name} | {rate:.1f} | {rate / reached['network']:.2f} |")
    photos = f"{record['images']} photos of {record['side']} px"
    return [*lines, "", f"{photos}, on {_machine(record)}."]


def _machine(record: dict[str, Any]) -> str:
    return f"{record['cores']} cores of {record['cpu']}, {record['date']}"


KEYS = ("model", "MP", "callers", "slots")
NAMES = {"u2net": "U²-Net's shape", "isnet-general-use": "IS-Net's shape"}


def throughput() -> list[str]:
    """Images per second, and beside rembg in the same run; then the same on MNN."""
    by_provider = []
    for record in ("models.json", "models-mnn.json"):
        rows = json.loads((HERE / "results" / record).read_text())["throughput"]["rows"]
        by_provider.append({tuple(row.get(key) for key in KEYS): row for row in rows})
    titles = ["network", "MP", "callers", "cutoutd", "rembg", "ratio", "on MNN", "rembg", "ratio"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for place in {**by_provider[0], **by_provider[1]}:
        model, megapixels, callers, slots = place
        cells = [NAMES.get(model, f"`{model}`"), str(megapixels)]
        cells.append(f"{callers}, a slot each" if slots == callers else str(callers))
        for rows in by_provider:
            row = rows.get(place, {})
            cells += [f"{row[key]:.2f}" if key in row else "" for key in ("ours", "rembg", "ratio")]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def install_lines() -> list[str]:
    """How long each install line took in a machine that has only Python."""
    record = json.loads((HERE / "results" / "install-lines.json").read_text())
    machine = record["machine"]
    rows = (
        f"| `{one['line']}` | {one['seconds']} | {one['cpu_seconds']} |" for one in record["lines"]
    )
    load = f"which had other work (load {machine['load_before']})"
    return [
        "| line | seconds | CPU seconds |",
        "|---|---|---|",
        *rows,
        "",
        f"{machine['date']}, {machine['cores']} cores, {load}.",
    ]


TABLES = {
    HERE / "README.md": (
        speed,
        speed_mnn,
        speed_mnn_avx512,
        real,
        real_ratios,
        real_ratios_avx2,
        halo,
        start,
        folder,
        edges,
        edges_blurred,
    ),
    HERE.parent / "docs" / "quickstart.md": (install_lines,),
    DECISIONS / "0003-how-networks-are-run.md": (precision, throughput),
    HERE.parent / "docs" / "scale.md": pages.TABLES,
}
"""The pages, and the tables on each. A table's marks have its name: `<!-- speed -->`."""


def page_with(page: Path, made: tuple[Callable[[], list[str]], ...]) -> str:
    """The page with these tables between their marks."""
    text = page.read_text()
    for table in made:
        name = table.__name__.replace("_", "-")
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n" + "\n".join(table()) + f"\n\n{end}{after}"
    return text


PAGES = {page: partial(page_with, page, made) for page, made in TABLES.items()}
"""What each page must hold; `make generate` writes it."""
