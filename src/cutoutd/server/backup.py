"""A copy of an embedded data folder, made while it is served, and put back: one tar archive.

The database has a row before there are an image's bytes, and says that it is gone before they go:
who holds the one write lock sees images and rows that fit together. Under it every image gets a
second name (a hard link, made in no time) and a reading transaction begins; copying comes after.
"""

import os
import shutil
import sqlite3
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO, Final

from filelock import FileLock, Timeout

from cutoutd.errors import ConfigurationError

DATABASE: Final = "jobs.sqlite3"
LOCK: Final = "lock"
_BACKING_UP: Final = "backup.lock"
_STAGING: Final = ".backup-"
_RESTORING: Final = ".restore-"
_IMAGES: Final = "artifacts"
_LEFT_OUT: Final = (
    *(LOCK, _BACKING_UP, f"{DATABASE}*", f"{_STAGING}*", f"{_RESTORING}*"),
    *("*.partial", "*.part", ".prepared"),
)
"""What a process or another step of ours writes, what is unfinished, and what is made again."""
_NEVER_IN_THE_WAY: Final = frozenset((LOCK, _BACKING_UP, "lost+found"))
_ELSEWHERE: Final = "restore into a new folder: name it with CUTOUTD_DATA_DIR."
_BUSY_S: Final = 30.0


def back_up(folder: Path, archive: IO[bytes]) -> int:
    """Write what the data folder `folder` holds now as a tar archive; returns how many files.

    Its server may run. The database comes last, so that an archive that ends early has none.
    Raises ConfigurationError if there is no database, or if it cannot be read.
    """
    if not (folder / DATABASE).is_file():
        raise ConfigurationError(f"{folder} holds no {DATABASE}: there is nothing to back up.")
    with (
        _held(folder, _BACKING_UP, "Another backup of {folder} is being made."),
        _own_folder(folder, _STAGING) as staging,
        _translated("The data folder cannot be backed up"),
    ):
        _snapshot(folder, staging)
        with tarfile.open(fileobj=archive, mode="w|", dereference=True) as tar:
            for other in sorted(folder.iterdir()):
                if other.name != _IMAGES:
                    tar.add(other, other.name, filter=_kept)
            for name in sorted(one.name for one in staging.iterdir()):
                tar.add(staging / name, name)
            return sum(member.isfile() for member in tar.getmembers())


def restore(archive: IO[bytes], folder: Path) -> int:
    """Put an archive of `back_up` into an empty or missing data folder; returns how many files.

    All of it, or nothing. Raises ConfigurationError if the folder holds something or is served,
    and if the archive is damaged, ends early or is none.
    """
    _make(folder)
    with _held(folder, LOCK, f"A cutoutd process uses {{folder}}. Stop it, or {_ELSEWHERE}"):
        there = {one.name for one in folder.iterdir() if not one.name.startswith(_RESTORING)}
        if there - _NEVER_IN_THE_WAY:
            first = min(there - _NEVER_IN_THE_WAY)
            raise ConfigurationError(f"{folder} is not empty, it holds {first}: {_ELSEWHERE}")
        with (
            _own_folder(folder, _RESTORING) as staging,
            _translated("The backup cannot be restored"),
        ):
            _unpack(archive, staging)
            _check(staging / DATABASE)
            files = sum(one.is_file() for one in staging.rglob("*"))
            if hasattr(os, "sync"):
                os.sync()
            for name in sorted(one.name for one in staging.iterdir()):
                (staging / name).rename(folder / name)
            return files


def private(path: str, flags: int) -> int:
    """An opener for `open`: the new file is for this user alone."""
    return os.open(path, flags, 0o600)


def _snapshot(folder: Path, staging: Path) -> None:
    """The images under second names, and the database as it was at that moment."""
    ignored, there = shutil.ignore_patterns(*_LEFT_OUT), folder / _IMAGES
    source = folder / DATABASE
    with (
        closing(sqlite3.connect(source, timeout=_BUSY_S, isolation_level=None)) as writer,
        closing(sqlite3.connect(source, timeout=_BUSY_S, isolation_level=None)) as reader,
        closing(sqlite3.connect(staging / DATABASE)) as target,
    ):
        writer.execute("BEGIN IMMEDIATE")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if there.is_dir():
            shutil.copytree(there, staging / _IMAGES, ignore=ignored, copy_function=_second_name)
        writer.execute("ROLLBACK")
        reader.backup(target)


def _second_name(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except FileNotFoundError:
        return target  # It was forgotten before we came, and its bytes went now.
    except OSError:  # This file system has no hard links.
        with suppress(FileNotFoundError):
            shutil.copy2(source, target)
    return target


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    name = PurePosixPath(member.name).name
    return None if any(fnmatch(name, pattern) for pattern in _LEFT_OUT) else member


def _unpack(archive: IO[bytes], staging: Path) -> None:
    with tarfile.open(fileobj=archive, mode="r|*") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise tarfile.TarError("it holds a file for another place")
            target = staging / path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if member.isdir():
                target.mkdir(mode=0o700, exist_ok=True)
                continue
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                raise tarfile.TarError("it holds something other than files and folders")
            with open(target, "xb", opener=private) as file:
                shutil.copyfileobj(content, file)
            os.utime(target, (member.mtime, member.mtime))
    if not (staging / DATABASE).is_file():
        raise tarfile.TarError(f"it holds no {DATABASE}: it is no backup, or ends early")


def _check(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError("its database is damaged")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationError(f"{folder} cannot be made ({exc.strerror}).") from exc


@contextmanager
def _own_folder(folder: Path, prefix: str) -> Iterator[Path]:
    """A new folder in this one, gone afterwards, and with it what killed processes left."""
    for stale in folder.glob(f"{prefix}*"):
        shutil.rmtree(stale, ignore_errors=True)
    path = folder / f"{prefix}{uuid.uuid4().hex}"
    try:
        path.mkdir(mode=0o700)
    except OSError as exc:
        raise ConfigurationError(f"{folder} cannot be written ({exc.strerror}).") from exc
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _held(folder: Path, name: str, refusal: str) -> Iterator[None]:
    """A lock of this folder: a server holds one while it runs, a backup another."""
    try:
        with FileLock(folder / name, timeout=0):
            yield
    except Timeout as exc:
        raise ConfigurationError(refusal.format(folder=folder)) from exc


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, tarfile.TarError, shutil.Error, EOFError) as exc:
        raise ConfigurationError(f"{what}: {exc}.") from exc
    except OSError as exc:
        raise ConfigurationError(f"{what} ({exc.strerror or exc}).") from exc
