"""`cutoutd backup` and `cutoutd restore`: a data folder as one file, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer

STDIO = "-"


def backup(
    archive: str = typer.Argument(help="The tar file to write; `-` is standard output."),
) -> None:
    """Write jobs, keys, images and own models as one tar file, while the server runs."""
    from cutoutd.server.backup import back_up

    folder = _folder()
    with _written(archive) as file:
        count = back_up(folder, file)
    typer.echo(f"{count} files of {folder}", err=True)


def restore(
    archive: str = typer.Argument(help="A file of `cutoutd backup`; `-` is standard input."),
) -> None:
    """Put a backup into an empty data folder: all of it, or nothing."""
    import os

    from cutoutd.server.backup import restore as put_back

    os.umask(0o077)
    folder = _folder()
    with _read(archive) as file:
        count = put_back(file, folder)
    typer.echo(f"{count} files into {folder}", err=True)


def _folder() -> Path:
    """The data folder, where it is all there is."""
    from cutoutd.errors import ConfigurationError
    from cutoutd.server.settings import load_settings

    settings = load_settings()
    for name in ("database_url", "storage_url"):
        if getattr(settings, name):
            raise ConfigurationError(
                f"CUTOUTD_{name.upper()} is set: back up and restore the database and the store "
                "of images with their own tools (pg_dump, the bucket's versions)."
            )
    return settings.data_dir


@contextmanager
def _written(archive: str) -> Iterator[IO[bytes]]:
    """The file under another name until it is whole; nothing stays if it never is."""
    import os
    import sys

    from cutoutd.errors import ConfigurationError
    from cutoutd.server.backup import private

    if archive == STDIO:
        yield sys.stdout.buffer
        return
    target = Path(archive)
    partial = target.with_name(f".{target.name}.partial")
    if target.exists():
        raise ConfigurationError(f"{archive} exists already; name a new file.")
    try:
        with open(partial, "wb", opener=private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    except OSError as error:
        raise ConfigurationError(f"{archive} cannot be written ({error.strerror}).") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _read(archive: str) -> Iterator[IO[bytes]]:
    import sys

    from cutoutd.errors import ConfigurationError

    if archive == STDIO:
        yield sys.stdin.buffer
        return
    try:
        with Path(archive).open("rb") as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"{archive} cannot be read ({error.strerror}).") from error
