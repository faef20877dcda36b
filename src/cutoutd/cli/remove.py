"""`cutoutd remove`."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cutoutd.cli.batch import Done, perform_all, performer, watched
from cutoutd.cli.plan import Plan

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground

SPELLINGS = {"png": "png", "webp": "webp", "jpeg": "jpeg", "jpg": "jpeg", "avif": "avif"}
MOVING = {"png": "png", "webp": "webp", "gif": "gif"}
"""And where all frames are kept."""
"""How formats are asked for and written at the ends of names, and the values for them."""
MOST_AT_ONCE = 4
"""More images at once gain nothing on most machines, and each takes memory."""


def remove(
    *,
    inputs: list[str] = typer.Argument(help="Images, folders of images, or - for stdin."),
    output: str = typer.Option(
        None, "--output", "-o", help="A file, a folder, or - for stdout. [NAME-cutout.png]"
    ),
    only_mask: bool = typer.Option(False, "--only-mask", help="Write the mask instead."),
    alpha_matting: bool = typer.Option(False, "--alpha-matting", help="Finer hair and fur."),
    post_process_mask: bool = typer.Option(False, "--post-process-mask", help="Smooth the mask."),
    inverse_mask: bool = typer.Option(False, "--inverse-mask", help="Remove the subject instead."),
    model: str = typer.Option(None, help="A name in the model table."),
    bg_color: str = typer.Option(None, help="Background: #rrggbb[aa], a name, or r,g,b[,a]."),
    image_format: str = typer.Option(None, "--format", help="png, webp, jpeg or avif."),
    frames: str = typer.Option("first", help="all: an animation stays one (webp, png or gif)."),
    recursive: bool = typer.Option(False, "--recursive", "-r", help="Folders within folders."),
    resume: bool = typer.Option(False, "--resume", help="Leave out what has been done."),
    watch: bool = typer.Option(False, "--watch", help="Go on with every image that arrives."),
    at_once: int = typer.Option(
        0, "--parallel", "-p", min=0, max=64, help="Images at a time. 0: as many as pay."
    ),
    as_json: bool = typer.Option(False, "--json", help="One line of JSON for each image."),
) -> None:
    """Remove the background of images on this machine; nothing leaves it."""
    word = "mask" if only_mask else "cutout"
    plan = _plan(inputs, output, word=word, asked=image_format, recursive=recursive, frames=frames)
    command = _command(
        only_mask=only_mask,
        alpha_matting=alpha_matting,
        smooth=post_process_mask,
        invert=inverse_mask,
        model=model,
        bg_color=bg_color,
        image_format=plan.extension,
        frames=frames,
    )
    _perform(plan, command, resume=resume, watch=watch, at_once=at_once, as_json=as_json)


def _perform(
    plan: Plan,
    command: "RemoveBackground",
    *,
    resume: bool,
    watch: bool,
    at_once: int,
    as_json: bool,
) -> None:
    """Work off what is planned, and tell how it goes."""
    from cutoutd.segmentation.sessions import Sessions
    from cutoutd.server.config import model_options
    from cutoutd.server.settings import load_settings

    works = plan.works()
    if not works and not watch:
        raise typer.BadParameter("no images found", param_hint="INPUTS")
    todo = [work for work in works if not (resume and work.done)]
    with Sessions(model_options(load_settings())).get(command.model) as segmenter:
        perform = performer(command, segmenter)
        ends = perform_all(todo, perform, at_once=at_once or _default_at_once())
        if watch:
            ends = iter(map(perform, watched(plan)))  # Each is told before the next arrives.
        failed = _report(ends, total=None if watch else len(todo), as_json=as_json)
    _end(len(works), todo=len(todo), failed=failed, as_json=as_json)


def _default_at_once() -> int:
    return min(MOST_AT_ONCE, os.cpu_count() or 1)


def _end(count: int, *, todo: int, failed: int, as_json: bool) -> None:
    """Say what came of it, and exit with 1 if an image failed."""
    if not as_json and (count > 1 or failed):
        _say(_summary(count, todo=todo, failed=failed))
    if failed:
        raise typer.Exit(1)


def _plan(
    inputs: list[str],
    output: str | None,
    *,
    word: str,
    asked: str | None,
    recursive: bool,
    frames: str,
) -> Plan:
    """What was asked, in the format that is asked for or that the output file is named after."""
    if frames not in ("first", "all"):
        raise typer.BadParameter("must be first or all", param_hint="--frames")
    formats = MOVING if frames == "all" else SPELLINGS
    plan = Plan(
        inputs=tuple(inputs), output=output, word=word, extension="png", recursive=recursive
    )
    return replace(plan, extension=_format_of(asked, None if plan.folder() else output, formats))


def _summary(found: int, *, todo: int, failed: int) -> str:
    left_out = found - todo
    more = f", {left_out} were there already" if left_out else ""
    return f"{todo - failed} of {found} images written, {failed} failed{more}."


def _report(ends: Iterator[Done], *, total: int | None, as_json: bool) -> int:
    """Tell how each image ends, as it ends. Returns how many failed."""
    failed = 0
    for done in ends if as_json or total == 1 else _with_progress(ends, total):
        failed += done.error is not None
        if as_json:
            typer.echo(json.dumps(done.to_json()))
        elif done.error is not None:
            _say(f"{done.work}: {done.error}")
    return failed


def _with_progress(ends: Iterator[Done], total: int | None) -> Iterator[Done]:
    """The same, beside a bar with count, rate and time left; without a terminal, no bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    rate = TextColumn("{task.fields[rate]} images/s")
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        rate,
        TimeLeft(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("Removing backgrounds", total=total, rate="-")
        for done in ends:
            yield done
            speed = progress.tasks[0].speed
            progress.update(bar, advance=1, rate=f"{speed:.1f}" if speed else "-")


def _command(
    *,
    only_mask: bool,
    alpha_matting: bool,
    smooth: bool,
    invert: bool,
    model: str | None,
    bg_color: str | None,
    image_format: str,
    frames: str,
) -> "RemoveBackground":
    from cutoutd.api import MEMORY
    from cutoutd.command import (
        Background,
        Frames,
        ImageFormat,
        ImageKind,
        MaskEdits,
        Matting,
        Output,
        RemoveBackground,
    )
    from cutoutd.imaging.color import parse_color

    color = parse_color(bg_color, field="--bg-color") if bg_color else None
    background = Background(color=color) if color else None
    output = Output(
        kind=ImageKind.MASK if only_mask else ImageKind.CUTOUT, format=ImageFormat(image_format)
    )
    return RemoveBackground(
        sources=(MEMORY,),
        model=model,
        mask=MaskEdits(smooth=smooth, invert=invert),
        matting=Matting() if alpha_matting else None,
        background=background,
        frames=Frames(frames),
        outputs=(output,),
    )


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


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
