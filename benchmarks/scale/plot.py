"""The validation as an SVG: for each number of workers the curves measured and predicted."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "docs" / "images" / "scale-validation.svg"
WIDTH, HEIGHT, MARGIN = 300, 240, 44
MEASURED, PREDICTED = "#1f6f8b", "#d1495b"
"""Told apart by lightness too; the second is dashed."""
_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
 font-family="sans-serif" font-size="11" fill="#444">
<title>From acceptance to end: measured and predicted, with 1, 2 and 3 workers</title>
<rect width="100%" height="100%" fill="#fff"/>
{panels}
</svg>
"""


def draw(record: Path) -> None:
    """Write the picture of this record."""
    TARGET.write_text(page(json.loads(record.read_text())["rows"]))


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """One panel for each row, side by side, on the same scale."""
    longest = max(max(row[name]) for row in rows for name in ("measured_s", "predicted_s"))
    panels = [_panel(number, row, longest) for number, row in enumerate(rows)]
    return _PAGE.format(width=WIDTH * len(rows), height=HEIGHT + MARGIN, panels="\n".join(panels))


def _panel(number: int, row: Mapping[str, Any], longest: float) -> str:
    left, right, low, high = MARGIN, WIDTH - 12, HEIGHT - 8, 34
    workers = f"{row['workers']} worker{'s' if row['workers'] > 1 else ''}, {row['jobs']} jobs"

    def place(seconds: float, share: float) -> str:
        x = left + (right - left) * seconds / longest
        return f"{x:.1f},{low - (low - high) * share:.1f}"

    def line(name: str, color: str, more: str) -> str:
        values = row[name]
        points = " ".join(
            place(value, (index + 1) / (len(values) + 1)) for index, value in enumerate(values)
        )
        return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"{more}/>'

    marks = [f'<text x="{left}" y="20" font-size="13" fill="#111">{workers}</text>']
    for share in (0, 0.5, 0.95):
        x, y = place(0, share).split(",")
        end = place(longest, share).split(",")[0]
        marks.append(f'<path d="M{x} {y}H{end}" stroke="#ddd"/>')
        marks.append(f'<text x="{left - 6}" y="{y}" text-anchor="end">{share:.0%}</text>')
    for part in (0, 0.5, 1):
        x = place(part * longest, 0).split(",")[0]
        text = f"{part * longest:.1f} s"
        anchor = "end" if part == 1 else "middle"
        marks.append(f'<text x="{x}" y="{low + 16}" text-anchor="{anchor}">{text}</text>')
    if number == 0:
        for at, (name, color) in enumerate((("measured", MEASURED), ("predicted", PREDICTED))):
            marks.append(
                f'<text x="{left + 80 * at}" y="{low + 36}" fill="{color}" '
                f'font-weight="bold">{name}</text>'
            )
    lines = line("measured_s", MEASURED, "") + line(
        "predicted_s", PREDICTED, ' stroke-dasharray="6 3"'
    )
    return f'<g transform="translate({number * WIDTH} 0)">{"".join(marks)}{lines}</g>'
