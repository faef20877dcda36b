"""The folders that an assistant may read images from and write them to, and nothing beside them."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cutoutd.errors import ConfigurationError, InvalidRequest, SourceRejected

_OPEN: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Roots:
    """Paths are taken as they are meant in the end: links and `..` are followed first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Raises ConfigurationError for what is no folder."""
        for folder in folders:
            if not folder.is_dir():
                raise ConfigurationError(f"--root: {folder} is not a folder.")
        self._folders = [folder.resolve() for folder in folders]

    def find(self, path: str, *, field: str) -> Path:
        """The place of a path; a relative one is below the first root that has it.

        It need not exist. Raises InvalidRequest naming `field` for a place outside the roots.
        """
        if "\0" in path:
            raise InvalidRequest(f"{field}: there is no such path.", field=field)
        places = [(folder / path) for folder in self._folders]
        place = next((one for one in places if os.path.lexists(one)), places[0])
        try:
            real = place.resolve()
        except (OSError, RuntimeError) as error:
            raise InvalidRequest(f"{field}: {path} leads nowhere.", field=field) from error
        if not any(real.is_relative_to(folder) for folder in self._folders):
            raise InvalidRequest(
                f"{field}: {path} is outside the folders that this server was given.", field=field
            )
        return real

    def read(self, path: str, *, max_bytes: int) -> tuple[Path, bytes]:
        """An image file, whole, and where it is. Raises InvalidRequest, SourceRejected."""
        place = self.find(path, field="path")
        try:
            data = _read_file(os.open(place, _OPEN), path, max_bytes)
        except FileNotFoundError as error:
            raise InvalidRequest(f"path: there is no file {path}.", field="path") from error
        except OSError as error:
            why = error.strerror or "it cannot be opened"
            raise InvalidRequest(f"path: {path}: {why}.", field="path") from error
        return place, data

    def shown(self, place: Path) -> str:
        """A place as the assistant may name it again."""
        folder = next(one for one in self._folders if place.is_relative_to(one))
        return str(place.relative_to(folder)) if folder == self._folders[0] else str(place)


def _read_file(descriptor: int, path: str, max_bytes: int) -> bytes:
    """What an open file holds, and nothing of a folder, a pipe or a device; it is closed then."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InvalidRequest(f"path: {path} is not a file.", field="path")
        if status.st_size > max_bytes:
            raise _too_large(path, status.st_size, max_bytes)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    finally:
        os.close(descriptor)


def _too_large(path: str, size: int, limit: int) -> SourceRejected:
    return SourceRejected(
        f"path: {path} has {size / 1e6:.1f} MB; at most {limit / 1e6:g} MB are read.",
        reason="too_many_bytes",
        field="path",
    )
