"""`cutoutd remove`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cutoutd.command import RemoveBackground
    from cutoutd.pipeline import Segmenter

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif")
)
STDIO = "-"


@dataclass(frozen=True, slots=True)
class Work:
    """One picture to read, and where its cutout goes."""

    source: Path | None
    target: Path | None
    """None: standard input, standard output."""


def remove(
    *,
    inputs: list[str] = typer.Argument(help="Pictures, folders of pictures, or - for stdin."),
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
    recursive: bool = typer.Option(False, "--recursive", "-r", help="Folders within folders."),
) -> None:
    """Remove the background of pictures on this machine; nothing leaves it."""
    from cutoutd.api import loaded_models

    extension = _format_of(image_format, output)
    command = _command(
        only_mask=only_mask,
        alpha_matting=alpha_matting,
        smooth=post_process_mask,
        invert=inverse_mask,
        model=model,
        bg_color=bg_color,
        image_format=extension,
    )
    plan = list(
        _plan(
            inputs,
            output,
            word="mask" if only_mask else "cutout",
            extension=extension,
            recursive=recursive,
        )
    )
    if not plan:
        raise typer.BadParameter("no pictures found", param_hint="INPUTS")
    with loaded_models().get(model) as segmenter:
        failed = _run(plan, command, segmenter)
    if len(plan) > 1 or failed:
        _say(f"{len(plan) - failed} of {len(plan)} pictures written, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def _command(
    *,
    only_mask: bool,
    alpha_matting: bool,
    smooth: bool,
    invert: bool,
    model: str | None,
    bg_color: str | None,
    image_format: str,
) -> "RemoveBackground":
    from cutoutd.api import MEMORY
    from cutoutd.command import (
        Background,
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
        outputs=(output,),
    )


def _format_of(asked: str | None, output: str | None) -> str:
    """The format asked for, or the one the output's name ends in, or PNG."""
    name = (asked or Path(output or "").suffix.removeprefix(".") or "png").lower()
    name = {"jpg": "jpeg"}.get(name, name)
    if name not in ("png", "webp", "jpeg", "avif"):
        if asked:
            raise typer.BadParameter("must be png, webp, jpeg or avif", param_hint="--format")
        return "png"
    return name


def _plan(
    inputs: list[str], output: str | None, *, word: str, extension: str, recursive: bool
) -> Iterator[Work]:
    """Every picture with its target; two pictures never share one."""
    many = len(inputs) > 1 or any(Path(name).is_dir() for name in inputs)
    folder = Path(output) if output and output != STDIO and _is_folder(output, many=many) else None
    taken: set[Path] = set()
    for name in inputs:
        if name == STDIO:
            target = folder / f"stdin.{extension}" if folder else _file(output)
            yield Work(None, target)
            continue
        root = Path(name)
        for source in _pictures(root, recursive=recursive) if root.is_dir() else [root]:
            if folder is None and output:
                yield Work(source, _file(output))
                continue
            below = source.parent.relative_to(root) if root.is_dir() else Path()
            place = (folder or source.parent) / (below if folder else "")
            yield Work(source, _free(place, source, "" if folder else f"-{word}", extension, taken))


def _is_folder(output: str, *, many: bool) -> bool:
    return many or output.endswith("/") or Path(output).is_dir()


def _file(output: str | None) -> Path | None:
    return None if output in (None, STDIO) else Path(str(output))


def _pictures(folder: Path, *, recursive: bool) -> list[Path]:
    found = folder.rglob("*") if recursive else folder.glob("*")
    return sorted(one for one in found if one.is_file() and one.suffix.lower() in SUFFIXES)


def _free(place: Path, source: Path, suffix: str, extension: str, taken: set[Path]) -> Path:
    """`a.jpg` and `a.png` of one folder become `a.png` and `a-png.png`."""
    target = place / f"{source.stem}{suffix}.{extension}"
    if target in taken or target == source:
        target = place / f"{source.stem}-{source.suffix[1:]}{suffix or '-cutout'}.{extension}"
    taken.add(target)
    return target


def _run(plan: list[Work], command: "RemoveBackground", segmenter: "Segmenter") -> int:
    """Work the plan off; a picture that fails is named and the rest go on. Returns the failures."""
    from rich.progress import track

    from cutoutd.errors import CutoutError
    from cutoutd.pipeline import remove_background

    failed = 0
    quiet = len(plan) == 1 or not sys.stderr.isatty()
    for work in plan if quiet else track(plan, "Removing backgrounds", console=_stderr()):
        try:
            removal = remove_background(_read(work.source), command, segmenter)
            _write(work.target, removal.images[0].data)
        except (CutoutError, OSError) as error:
            failed += 1
            _say(f"{work.source or 'stdin'}: {_reason(error)}")
    return failed


def _read(source: Path | None) -> bytes:
    return source.read_bytes() if source else sys.stdin.buffer.read()


def _write(target: Path | None, data: bytes) -> None:
    """Whole or not at all: a name never shows a half-written picture."""
    if target is None:
        sys.stdout.buffer.write(data)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)


def _stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
