"""Inputs that leave their folder once they are done, or have failed."""

import contextlib
import errno
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import typer

from cutoutd.cli.batch import Done, Perform
from cutoutd.cli.places import version_of, write
from cutoutd.cli.plan import Plan, Work, is_local

LONGEST_NAME = 240
"""Bytes of a file's name, so that a sentence beside it can have its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Where inputs go; None: they stay where they are."""

    done: Path | None
    failed: Path | None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those that are named."""
        return tuple(one for one in (self.done, self.failed) if one is not None)

    def check(self, plan: Plan) -> None:
        """Raises typer.BadParameter for inputs that cannot be moved, and folders for two uses."""
        taken = {Path(name).resolve() for name in plan.inputs if Path(name).is_dir()}
        taken.add((plan.folder() or Path(os.devnull)).resolve())
        for option, folder in (("--done", self.done), ("--failed", self.failed)):
            if folder is None:
                continue
            for name in plan.inputs:
                if not is_local(name):
                    raise typer.BadParameter(f"{name} cannot be moved", param_hint=option)
            if folder.resolve() in taken:
                message = f"{folder} is an input, the output, or the other folder; name its own"
                raise typer.BadParameter(message, param_hint=option)
            if folder.exists() and not folder.is_dir():
                raise typer.BadParameter(f"{folder} is not a folder", param_hint=option)
            taken.add(folder.resolve())

    def after(self, perform: Perform) -> Perform:
        """The same, and each input is moved as it ended.

        It stays where it is if the output could not be written, which is not its fault, or if it
        has changed since it was read: then it is still being written.
        """
        one_at_a_time = Lock()

        def perform_and_move(work: Work) -> Done:
            done = perform(work)
            folder = self.done if done.error is None else self.failed
            version = version_of(work.source)
            if folder is None or done.unwritten or version is None or version != done.version:
                return done
            try:
                with one_at_a_time:  # Two of one name choose different ones.
                    move(Path(str(work.source)), folder / work.below, done.error)
            except OSError as error:
                ended = (done.error or "done").rstrip(".")
                reason = f"not moved to {folder}: {error.strerror}"
                return replace(done, error=f"{ended}; {reason}")
            return done

        return perform_and_move


def move(file: Path, folder: Path, sentence: str | None = None) -> Path:
    """Move a file into a folder, whole or not at all, with a sentence beside it if there is one.

    A name that is taken there gets a number. Returns where the file is now; raises OSError, and
    then it is where it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = _free(folder, file)
    beside = _text_beside(place)
    if sentence is not None:
        write(beside, os.fsencode(f"{file.name}: {sentence}\n"))
    try:
        _move(file, place)
    except OSError:
        if sentence is not None:
            beside.unlink(missing_ok=True)
        raise
    return place


def _free(folder: Path, file: Path) -> Path:
    """A place in the folder that neither a file nor a sentence has."""
    place, number = folder / file.name, 1
    while place.exists() or _text_beside(place).exists():
        number += 1
        place = folder / f"{file.stem}-{number}{file.suffix}"
    return place


def _text_beside(place: Path) -> Path:
    name = os.fsencode(place.name)[:LONGEST_NAME].decode(errors="ignore")
    return place.with_name(f"{name}.txt")


def _move(file: Path, place: Path) -> None:
    try:
        file.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_across(file, place)


def _move_across(file: Path, place: Path) -> None:
    """To another file system, which renaming does not reach."""
    partial = place.with_name(f".{place.name}.partial")
    try:
        shutil.copyfile(file, partial)
        with contextlib.suppress(OSError):  # Not every file system keeps times and rights.
            shutil.copystat(file, partial)
        partial.rename(place)
    finally:
        partial.unlink(missing_ok=True)
    try:
        file.unlink()
    except OSError:
        place.unlink()
        raise
