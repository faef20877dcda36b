"""How a batch goes, as it goes: a bar for people, lines for machines, a report for later."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from cutoutd.cli.batch import Done

COLUMNS = ("source", "target", "ok", "error", "seconds", "width", "height", "notes", "messages")
Say = Callable[[str], None]


def tell(ends: Iterator[Done], *, total: int | None, as_json: bool, report: Path | None) -> int:
    """Tell how each image ends, as it ends. total: None while nobody knows. Returns failures."""
    failed = 0
    with _reporting(report) as record, _progress(total, shown=not as_json) as (say, advance):
        for done in ends:
            failed += done.error is not None
            record(done)
            if as_json:
                typer.echo(json.dumps(done.to_json()))
            elif done.error is not None:
                say(f"{done.work}: {done.error}")
            elif total is None and done.work.target is not None:
                say(f"{done.work}: {done.work.target}")  # A watched folder's log says what it did.
            elif total == 1:
                for message in done.messages:
                    say(f"{done.work}: {message}")
            advance()
    return failed


def check_report(report: Path | None) -> None:
    """Raises typer.BadParameter for a report in a format that is not written."""
    if report is not None and report.suffix.lower() not in (".csv", ".jsonl"):
        raise typer.BadParameter("must end in .csv or .jsonl", param_hint="--report")


@contextmanager
def _reporting(report: Path | None) -> Iterator[Callable[[Done], None]]:
    """A function that adds a line to the report."""
    if report is None:
        yield lambda _: None
        return
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("w", newline="", encoding="utf-8") as file:
        if report.suffix.lower() == ".jsonl":
            yield lambda done: print(json.dumps(done.to_json()), file=file, flush=True)
            return
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()

        def add(done: Done) -> None:
            row = done.to_json()
            row |= {"notes": " ".join(done.notes), "messages": " ".join(done.messages)}
            table.writerow(row)
            file.flush()

        yield add


@contextmanager
def _progress(total: int | None, *, shown: bool) -> Iterator[tuple[Say, Callable[[], None]]]:
    """A bar with count, rate and time left, and how to say something above it; none for one."""
    if not shown or total == 1 or not sys.stderr.isatty():
        yield (lambda sentence: typer.echo(sentence, err=True)), lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    rate = TextColumn("{task.fields[rate]} images/s")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        rate,
        TimeLeft(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("Removing backgrounds", total=total, rate="-")

        def advance() -> None:
            speed = progress.tasks[0].speed
            progress.update(bar, advance=1, rate=f"{speed:.1f}" if speed else "-")

        def say(sentence: str) -> None:
            progress.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

        yield say, advance
