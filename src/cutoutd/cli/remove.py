"""`cutoutd remove`."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cutoutd.cli.batch import Done, Perform, perform_all, performer
from cutoutd.cli.moves import Moves
from cutoutd.cli.options import given_options
from cutoutd.cli.plan import Plan, Work
from cutoutd.cli.report import check_report, tell
from cutoutd.cli.watch import Arrivals, check_watched, until_terminated, watched

if TYPE_CHECKING:
    from cutoutd.cli.resume import Records
    from cutoutd.command import RemoveBackground
    from cutoutd.options.table import RemovalOptions
    from cutoutd.removal.model import ExtraImages

SPELLINGS = {"png": "png", "webp": "webp", "jpeg": "jpeg", "jpg": "jpeg", "avif": "avif"}
"""How formats are asked for and written at the ends of names, and the values for them."""
MOVING = {"png": "png", "webp": "webp", "gif": "gif"}
"""And where all frames are kept."""
MOST_AT_ONCE = 4
"""More images at once gain nothing on most machines, and each takes memory."""

INPUTS = typer.Argument(
    help="Images, folders, quoted patterns, URLs, s3://bucket/prefix/, or - for stdin."
)
OUTPUT = typer.Option(
    None,
    "--output",
    "-o",
    help="A file, a folder, s3://bucket/prefix/, a template such as 'out/{stem}-{preset}.{ext}', "
    "or - for stdout. [NAME-cutout.png]",
)
BRUSH = typer.Option(None, help="A file with strokes as JSON, as --strokes has them.")
WATCH = typer.Option(False, "--watch", help="Do not end: process each image that arrives, too.")
DONE = typer.Option(None, "--done", help="Move each input that is done into this folder.")
FAILED = typer.Option(
    None,
    "--failed",
    help="Move each input that cannot be done into this folder; a text file beside it says why.",
)
RESUME = typer.Option(False, "--resume", help="Skip what has been done with the same options.")
SKIP = typer.Option(False, "--skip/--overwrite", help="Skip outputs that exist, or overwrite them.")
AT_ONCE = typer.Option(
    0, "--parallel", "-p", min=0, max=64, help="Images at a time. 0: by the number of CPUs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the images are worked off."""

    resume: bool
    skip: bool
    watch: bool
    dry_run: bool
    at_once: int
    as_json: bool
    report: Path | None
    moves: Moves

    @property
    def workers(self) -> int:
        """How many images are worked on at a time."""
        return self.at_once or min(MOST_AT_ONCE, os.cpu_count() or 1)


def remove(
    ctx: typer.Context,
    *,
    inputs: list[str] = INPUTS,
    output: str = OUTPUT,
    only_mask: bool = typer.Option(False, "--only-mask", help="The same as --outputs mask."),
    alpha_matting: bool = typer.Option(False, "--alpha-matting", help="As --matting fast: hair."),
    brush: Path | None = BRUSH,
    recursive: bool = typer.Option(False, "--recursive", "-r", help="Folders within folders."),
    resume: bool = RESUME,
    skip: bool = SKIP,
    watch: bool = WATCH,
    done: Path | None = DONE,
    failed: Path | None = FAILED,
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be written where."),
    report: Path = typer.Option(None, help="Write a line for each image: a .csv or .jsonl file."),
    at_once: int = AT_ONCE,
    as_json: bool = typer.Option(False, "--json", help="One line of JSON for each image."),
) -> None:
    """Remove the background of images on this machine; nothing leaves it.

    Every option of the API is one here, by the same name.
    """
    more = {
        "outputs": "mask" if only_mask else None,
        "matting": "fast" if alpha_matting else None,
        "strokes": None if brush is None else brush.read_text("utf-8"),
    }
    check_report(report)
    options = _read({**more, **given_options(ctx)})
    moves = Moves(done=done, failed=failed)
    plan = _plan(inputs, output, options, recursive=recursive, apart=moves.folders)
    _check(plan, moves, watch=watch)
    command, extra = _command(options, plan.extension)
    run = Run(
        resume=resume,
        skip=skip,
        watch=watch,
        dry_run=dry_run,
        at_once=at_once,
        as_json=as_json,
        report=report,
        moves=moves,
    )
    _perform(plan, command, extra, run)


def _perform(plan: Plan, command: "RemoveBackground", extra: "ExtraImages", run: Run) -> None:
    """Work off what is planned, and tell how it goes."""
    from cutoutd.cli.resume import Records, fingerprint
    from cutoutd.imaging.memory import keep_freed_memory
    from cutoutd.imaging.threads import set_num_threads
    from cutoutd.segmentation.cores import usable_cores
    from cutoutd.segmentation.sessions import Sessions
    from cutoutd.server.config import model_options
    from cutoutd.server.settings import load_settings

    records = Records(fingerprint(command, extra), moved=run.moves.done is not None)
    if run.resume or run.watch:
        plan = replace(plan, is_anothers=records.is_anothers)
    works = plan.works()
    if not works and not run.watch:
        raise typer.BadParameter("no images found", param_hint="INPUTS")
    todo = [work for work in works if not _is_left_out(work, run, records)]
    if run.dry_run:
        _say_plan(works, todo, as_json=run.as_json)
        return
    if sys.stdout.isatty() and any(work.target is None for work in todo):
        raise typer.BadParameter("an image would fill the terminal; name a file", param_hint="-o")
    for folder in run.moves.folders:
        folder.mkdir(parents=True, exist_ok=True)
    callers = 0 if run.watch else min(run.workers, len(todo))
    keep_freed_memory()
    set_num_threads(max(1, usable_cores() // max(1, callers)))
    models = replace(model_options(load_settings()), callers=callers)
    with Sessions(models).get(command.model) as segmenter:
        perform = run.moves.after(performer(command, segmenter, extra))
        if run.watch:
            _watch(plan, perform, run, records)
            return
        ends = _kept(perform_all(todo, perform, at_once=run.workers), records)
        failed = tell(ends, total=len(todo), as_json=run.as_json, report=run.report)
    _end(len(works), todo=len(todo), failed=failed, as_json=run.as_json)


def _watch(plan: Plan, perform: Perform, run: Run, records: "Records") -> None:
    """Work off what is there and what arrives, until it is ended."""
    stay = run.moves.done is None
    arrivals = Arrivals(plan, records.is_done if stay else lambda _: False)
    with until_terminated() as looks:
        ends = perform_all(watched(arrivals, looks), perform, at_once=run.workers)
        ends = _kept(ends, records, arrivals)
        tell(ends, total=None, as_json=run.as_json, report=run.report)


def _is_left_out(work: Work, run: Run, records: "Records") -> bool:
    if run.resume:
        return records.is_done(work)
    return run.skip and work.exists


def _kept(
    ends: Iterator[Done], records: "Records", arrivals: Arrivals | None = None
) -> Iterator[Done]:
    """The same; what was written is noted for a later run, what could not be is done again."""
    for done in ends:
        if done.unwritten and arrivals is not None:
            arrivals.again(done.work)
        elif done.error is None:
            records.add(done.work, done.version)
        yield done


def _say_plan(works: list[Work], todo: list[Work], *, as_json: bool) -> None:
    """What would be written where, and what would be left out."""
    for work in works:
        target = "stdout" if work.target is None else str(work.target)
        if as_json:
            row = {"source": str(work), "target": target, "todo": work in todo}
            typer.echo(json.dumps(row))
        else:
            typer.echo(f"{work} -> {target}{'' if work in todo else ' (left out)'}")


def _end(count: int, *, todo: int, failed: int, as_json: bool) -> None:
    """Say what came of it, and exit with 1 if an image failed."""
    if not as_json and (count > 1 or failed):
        typer.echo(_summary(count, todo=todo, failed=failed), err=True)
    if failed:
        raise typer.Exit(1)


def _summary(found: int, *, todo: int, failed: int) -> str:
    left_out = found - todo
    more = f", {left_out} were there already" if left_out else ""
    return f"{todo - failed} of {found} images written, {failed} failed{more}."


def _read(given: Mapping[str, Any]) -> "RemovalOptions":
    """The options, checked. Raises InvalidRequest with the sentence that the API would answer."""
    from cutoutd.options.table import read_options

    return read_options({name: value for name, value in given.items() if value is not None})


def _plan(
    inputs: list[str],
    output: str | None,
    options: "RemovalOptions",
    *,
    recursive: bool,
    apart: tuple[Path, ...],
) -> Plan:
    """What was asked, in the format that is asked for or that the output file is named after."""
    formats = MOVING if options.frames == "all" else SPELLINGS
    plan = Plan(
        inputs=tuple(inputs),
        output=output,
        word=options.outputs[0],
        extension="png",
        recursive=recursive,
        preset=options.preset,
        apart=apart,
    )
    plan.check()
    file = None if plan.folder() or (output or "").endswith("/") else output
    return replace(plan, extension=_format_of(options.format, file, formats))


def _check(plan: Plan, moves: Moves, *, watch: bool) -> None:
    """Raises typer.BadParameter for folders that cannot be watched or moved to."""
    moves.check(plan)
    if watch:
        check_watched(plan)


def _command(
    options: "RemovalOptions", image_format: str
) -> "tuple[RemoveBackground, ExtraImages]":
    """The command, and the images that its options name."""
    from cutoutd.api.images import read_bytes
    from cutoutd.api.remover import IMAGES, MEMORY
    from cutoutd.command import ImageFormat
    from cutoutd.errors import InvalidRequest
    from cutoutd.options.corrections import Painted
    from cutoutd.removal.model import ExtraImages

    named = ((name, getattr(options, name)) for name in IMAGES)
    files: dict[str, bytes] = {}
    for name, value in named:
        if isinstance(value, Painted | None):
            continue
        try:
            files[name] = read_bytes(value, field=name)
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise InvalidRequest(f"{name}: {value}: {reason}.", field=name) from error
    command = options.to_command(
        (MEMORY,), dict.fromkeys(files, MEMORY), accepted=ImageFormat(image_format)
    )
    return command, ExtraImages(**{IMAGES[name]: data for name, data in files.items()})


def _format_of(asked: str | None, file: str | None, formats: Mapping[str, str]) -> str:
    """The format asked for, or the one that the output file's name ends in, or PNG.

    file: None where the output is a folder. formats: that can be written, by their spellings.
    Raises typer.BadParameter where the name would say another format than is written.
    """
    named = Path(file or "").suffix.removeprefix(".").lower()
    name = (asked or (named if named in formats else "png")).lower()
    *others, last = dict.fromkeys(formats.values())
    choice = f"{', '.join(others)} or {last}"
    if name not in formats:
        raise typer.BadParameter(f"must be {choice}", param_hint="--format")
    claimed = named in SPELLINGS or guess_type(file or "")[0] is not None
    if claimed and formats.get(named) != formats[name]:
        message = f"a .{named} would hold a {formats[name].upper()}; name it {choice}"
        raise typer.BadParameter(message, param_hint="--output")
    return formats[name]
