"""Where the weights are: find, verify, pull, import, remove.

Nothing here runs inside a request unless the operator set auto_pull. Weights are looked for
in the models folder and where rembg keeps its own, so that nobody downloads a model twice.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from filelock import FileLock

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.digest import digest_of
from cutoutd.segmentation.models import ModelSpec

if TYPE_CHECKING:
    from cutoutd.segmentation.download import Progress


class WrongWeights(ConfigurationError):
    """A file is not what its name says; names the file and both checksums."""


def rembg_folders(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders in which rembg 2.0.86 looks for its models, most specific first.

    None of a user without a home, as in a container.
    """
    if legacy := environ.get("U2NET_HOME"):
        return (Path(legacy).expanduser(),)
    try:
        home = Path(environ.get("HOME", "~")).expanduser()
    except RuntimeError:
        return ()
    data = environ.get("XDG_DATA_HOME")
    current = environ.get("REMBG_HOME") or (f"{data}/rembg" if data else f"{home}/.rembg")
    return Path(current).expanduser(), Path(data or home) / ".u2net"


class Weights:
    """The files of all models: our folder, which we write, and others that we only read."""

    def __init__(
        self,
        folder: Path | None,
        *,
        shared: Sequence[Path] = (),
        mirrors: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._shared = tuple(shared)
        self._mirrors = tuple(mirrors)

    def find(self, spec: ModelSpec) -> Path | None:
        """The model's (first) file, wherever it is; None unless all its files are there."""
        found = [self._find(part) for part in _files_of(spec)]
        return found[0] if all(found) else None

    def require(self, spec: ModelSpec) -> Path:
        """The model's (first) file. Raises ConfigurationError with the command that brings it."""
        return self.require_all(spec)[0]

    def require_all(self, spec: ModelSpec) -> list[Path]:
        """The model's files, in order. Raises ConfigurationError as `require` does."""
        found = [path for part in _files_of(spec) if (path := self._find(part))]
        if len(found) < 1 + len(spec.parts):
            raise ConfigurationError(
                f"The weights of {spec.name!r} are not on this machine. "
                f"Run `cutoutd models pull {spec.name}`."
            )
        return found

    def verify(self, spec: ModelSpec) -> Path:
        """The model's (first) file, if all checksums are right. Raises WrongWeights otherwise."""
        paths = self.require_all(spec)
        for path, part in zip(paths, _files_of(spec), strict=True):
            _verify(path, part)
        return paths[0]

    def pull(self, spec: ModelSpec, progress: "Progress" = lambda _done, _total: None) -> Path:
        """Download the model unless it is here and right; returns its (first) file.

        Raises DownloadFailed, and ConfigurationError where there is nothing to download or no
        folder to keep it in.
        """
        first, *_ = [self._pull(part, progress) for part in _files_of(spec)]
        return first

    def _pull(self, spec: ModelSpec, progress: "Progress") -> Path:
        if spec.url is None or spec.checksum is None:
            return self.verify(spec)
        from cutoutd.segmentation.download import download  # With an HTTP client, slow to import.

        with self._writing(spec) as target:
            present = self._find(spec)
            if present is not None and _is_right(present, spec):
                return present
            name = PurePosixPath(urlsplit(spec.url).path).name
            urls = [f"{mirror.rstrip('/')}/{name}" for mirror in self._mirrors]
            download([*urls, spec.url], target, checksum=spec.checksum, progress=progress)
            return target

    def import_file(self, spec: ModelSpec, file: Path) -> Path:
        """Copy a file that came another way into the models folder, if it is the right one.

        Of a model with several files: the one that it is named after.
        """
        if not file.is_file():
            raise ConfigurationError(f"{file} is not a file.")
        named = [part for part in _files_of(spec) if part.file == file.name]
        spec = named[0] if named else spec
        _verify(file, spec)
        with self._writing(spec) as target:
            with NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as copy:
                pass
            try:
                shutil.copyfile(file, copy.name)
                Path(copy.name).replace(target)
            finally:
                Path(copy.name).unlink(missing_ok=True)
            return target

    def remove(self, spec: ModelSpec) -> Path | None:
        """Delete the model's files from the models folder; None if none was there.

        Files in other folders, the embedded model's among them, are not ours to delete.
        """
        if self.folder is None or spec.folder is not None:
            return None
        paths = [self.folder / part.file for part in _files_of(spec)]
        present = [path for path in paths if path.is_file()]
        for path in present:
            path.unlink()
        return present[0] if present else None

    def _find(self, spec: ModelSpec) -> Path | None:
        return next((path for path in self._places(spec) if path.is_file()), None)

    def _places(self, spec: ModelSpec) -> list[Path]:
        if spec.folder is not None:
            return [spec.folder / spec.file]
        own = [self.folder / spec.file] if self.folder is not None else []
        for root in self._shared:
            own += [*sorted(root.glob(f"models/*/{spec.file}")), root / spec.file]
        return own

    def _writing(self, spec: ModelSpec) -> "_Writing":
        if self.folder is None or spec.folder is not None:
            raise ConfigurationError(f"There is no models folder to keep {spec.file} in.")
        return _Writing(self.folder, spec.file)


class _Writing:
    """Only one process at a time writes into the models folder; others wait."""

    def __init__(self, folder: Path, file: str) -> None:
        self._target = folder / file
        self._lock = FileLock(folder / ".lock")

    def __enter__(self) -> Path:
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except OSError as exc:
            raise ConfigurationError(
                f"The models folder cannot be written: {exc.strerror}."
            ) from exc
        return self._target

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _files_of(spec: ModelSpec) -> Iterator[ModelSpec]:
    """A row for each file of a model: itself, then its parts."""
    yield replace(spec, parts=())
    for part in spec.parts:
        yield replace(spec, file=part.file, url=part.url, checksum=part.checksum, parts=())


def _is_right(path: Path, spec: ModelSpec) -> bool:
    return spec.checksum is None or _digest(path, spec.checksum) == spec.checksum


def _verify(path: Path, spec: ModelSpec) -> None:
    if spec.checksum is not None and (found := _digest(path, spec.checksum)) != spec.checksum:
        raise WrongWeights(
            f"{path.name} is not {spec.name!r}: expected {spec.checksum}, found {found}. "
            f"Remove it, then run `cutoutd models pull {spec.name}`."
        )


def _digest(path: Path, checksum: str) -> str:
    return digest_of(path, checksum.partition(":")[0])
