"""Tables for people: columns side by side, every value whole, also where the terminal is narrow."""

from collections.abc import Iterable, Sequence

import typer


def print_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows below their titles. None is left empty."""
    lines = [list(titles), *(["" if one is None else str(one) for one in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
