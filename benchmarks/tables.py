"""The records in results/ as Markdown tables, written between the markers of their pages.

python benchmarks/tables.py
"""

import json
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent


def speed(record: str = "speed.json") -> list[str]:
    """Ratios beside what is promised, what the network allows, and memory."""
    cases = json.loads((HERE / "results" / record).read_text())["cases"]
    titles = ["case", "cutoutd, s", "rembg, s", "ratio", "goal", "network's limit"]
    titles += ["all but the network", "peak MB, cutoutd / rembg"]
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
        lines.append("| " + " | ".join([*cells, memory]) + " |")
    return lines


def edges() -> list[str]:
    """Mean errors of every method."""
    record = json.loads((HERE / "results" / "edges.json").read_text())
    metrics = list(next(iter(record["mean"].values())))
    width, height = record["size"]
    titles = [f"{record['pictures']} pictures, {width} x {height}", *metrics]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    lines += [
        f"| {name} | " + " | ".join(f"{row[metric]:.2f}" for metric in metrics) + " |"
        for name, row in record["mean"].items()
    ]
    return lines


def kernels() -> list[str]:
    """Milliseconds of each stage, with the kernels and without."""
    cases = json.loads((HERE / "results" / "kernels.json").read_text())["cases"]
    lines = ["| ms, NumPy alone → kernels | mask | matting | colours | PNG | all stages |"]
    lines.append("|---" * 6 + "|")
    for name, ways in cases.items():
        cells = [
            f"{ways['numpy'][stage]:.0f} → {ways['kernels'][stage]:.0f}"
            for stage in ("mask", "matting", "colors", "encode", "total")
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


TABLES = {
    "speed": (HERE / "README.md", speed),
    "speed-mnn": (HERE / "README.md", partial(speed, "speed-mnn.json")),
    "edges": (HERE / "README.md", edges),
    "kernels": (HERE.parent / "docs" / "decisions" / "0002-imaging-in-numpy.md", kernels),
}


def main() -> None:
    for name, (page, make) in TABLES.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = page.read_text().partition(start)
        _, _, after = rest.partition(end)
        page.write_text(f"{before}{start}\n" + "\n".join(make()) + f"\n\n{end}{after}")


if __name__ == "__main__":
    main()
