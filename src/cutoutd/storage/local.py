"""Artifacts as files below one folder.

Written beside, synced, then renamed into place and the folder synced, in that order: at every
moment a reader finds the old file, the new file or none, and never a part of one.
"""

import errno
import logging
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cutoutd.errors import NotFound, Overloaded
from cutoutd.storage.store import ArtifactStat, checked_key, media_type_of

log = logging.getLogger(__name__)

_PARTIAL = ".partial"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class LocalArtifactStore:
    """An ArtifactStore on a local disk."""

    def __init__(self, root: Path) -> None:
        """Make the folder; everything in it is ours."""
        self._root = root
        self._partial = root / _PARTIAL
        with _translated():
            make_private(self._partial)

    def put(
        self,
        key: str,
        data: bytes,
        *,
        media_type: str,  # noqa: ARG002 - The ending says it.
        durable: bool = True,
    ) -> None:
        """Store durably; returns when a crash can no longer lose it.

        durable=False: in its place as above, so that no process sees a part of it; a power cut
        may until `sync`.
        """
        target = self._root / checked_key(key)
        partial = self._partial / uuid.uuid4().hex
        with _translated(missing=False):
            try:
                _write(partial, data, synced=durable)
                self._make_folder(target.parent)
                partial.replace(target)
            except OSError:
                partial.unlink(missing_ok=True)
                raise
            if durable:
                _sync(target.parent)

    def sync(self, keys: Iterable[str]) -> None:
        """Return when these files and their names survive a power cut; one that went is fine."""
        for key in keys:
            file = self._root / checked_key(key)
            with _translated(missing=False), suppress(FileNotFoundError):
                _sync(file)
                _sync(file.parent)

    def get(self, key: str) -> bytes:
        """All the bytes."""
        with _translated():
            return (self._root / checked_key(key)).read_bytes()

    def stat(self, key: str) -> ArtifactStat:
        """Size, type and time."""
        with _translated(), (self._root / checked_key(key)).open("rb") as file:
            status = os.fstat(file.fileno())
            head = file.read(16)
        return ArtifactStat(
            size=status.st_size,
            media_type=media_type_of(key, head),
            etag=f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            modified_at_ms=status.st_mtime_ns // 1_000_000,
        )

    def delete(self, key: str) -> None:
        """Forget it; a key that is not there is fine."""
        with _translated():
            (self._root / checked_key(key)).unlink(missing_ok=True)

    def path(self, key: str) -> Path | None:
        """The file. Raises NotFound if it is not there yet, or no more."""
        path = self._root / checked_key(key)
        if not path.is_file():
            raise NotFound("There is no such file.")
        return path

    def url(self, key: str) -> str | None:  # noqa: ARG002 - No file has a link without us.
        """None: our own web side serves the files."""
        return None

    def older_than(self, prefix: str, before_ms: int) -> Iterator[str]:
        """Keys that start with `prefix` and were last written before this time."""
        for folder, subfolders, names in os.walk(self._root):
            subfolders[:] = [name for name in subfolders if name != _PARTIAL]
            for name in names:
                file = Path(folder) / name
                key = file.relative_to(self._root).as_posix()
                if key.startswith(prefix) and _modified_ms(file) < before_ms:
                    yield key

    def free_bytes(self) -> int | None:
        """Room left on the disk; none where the folder is gone."""
        try:
            return shutil.disk_usage(self._root).free
        except OSError:
            return 0

    def tidy(self, before_ms: int) -> None:
        """Remove what writers that died before this time left half-written."""
        for partial in self._partial.glob("*"):
            if _modified_ms(partial) < before_ms:
                partial.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            make_private(folder)
            for parent in folder.relative_to(self._root).parents:
                _sync(self._root / parent)


def _write(path: Path, data: bytes, *, synced: bool) -> None:
    with open(path, "xb", buffering=0, opener=_private) as file:
        rest = memoryview(data)
        while rest:  # A system writes no more than 2 GB at once.
            rest = rest[file.write(rest) :]
        if synced:
            os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def make_private(folder: Path) -> None:
    """Make the folder and those above it that are missing, for this user alone."""
    for one in (*reversed(folder.parents), folder):
        if not one.is_dir():
            one.mkdir(mode=0o700, exist_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _modified_ms(file: Path) -> float:
    try:
        return file.stat().st_mtime * 1000
    except FileNotFoundError:
        return float("inf")  # Another process was faster; it is not ours to remove any more.


@contextmanager
def _translated(*, missing: bool = True) -> Iterator[None]:
    """missing: a path that is not there is a file that is not there, and no broken store."""
    try:
        yield
    except OSError as exc:
        if missing and isinstance(exc, FileNotFoundError | IsADirectoryError | NotADirectoryError):
            raise NotFound("There is no such file.") from exc
        if exc.errno in _NO_ROOM:
            raise Overloaded("There is no room to store the image.", retry_after_s=60) from exc
        log.error("images cannot be stored or read: %s", exc.strerror)  # noqa: TRY400
        raise Overloaded("Images cannot be stored or read now.", retry_after_s=60) from exc
