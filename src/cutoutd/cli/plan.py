"""Which images a command means, and where each one's cutout goes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import glob, has_magic
from itertools import chain, count
from os.path import splitext
from pathlib import Path

import typer

from cutoutd.cli.names import check_template, fill, is_template
from cutoutd.cli.places import S3, Place, exists, is_remote, listed, name_of
from cutoutd.errors import SourceRejected
from cutoutd.imaging.containers.kinds import kind_of

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif")
)
"""Files of these names are images, or worth a word if their content is none."""
PASSED_OVER = (
    *(".*", "thumbs.db", "desktop.ini", "@eadir"),
    *("*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.tmp"),
)
"""What is hidden, what systems put beside images, and what a program is still writing."""
WORDS = ("cutout", "mask", "color")
"""One ends the name of each file of ours that stands beside its source."""
START = 1_024
"""Bytes that tell the format of a file."""
STDIO = "-"


@dataclass(frozen=True, slots=True)
class Work:
    """One image to read, and where its cutout goes."""

    source: Place
    target: Place
    """None: standard input, standard output."""
    below: Path = Path()
    """The source's folder within the input that it was found in."""

    @property
    def done(self) -> bool:
        """Whether the target is there already and no older than the source."""
        if not (isinstance(self.source, Path) and isinstance(self.target, Path)):
            return exists(self.target)
        if not self.target.exists():
            return False
        return self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns

    @property
    def exists(self) -> bool:
        """Whether there is something where the cutout goes."""
        return exists(self.target)

    def __str__(self) -> str:
        return str(self.source or "stdin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked, before anybody looked at the folders."""

    inputs: tuple[str, ...]
    output: str | None
    word: str
    """Ends the name of a file that stands beside its source: `cutout` or `mask`."""
    extension: str
    recursive: bool = False
    preset: str | None = None
    apart: tuple[Path, ...] = ()
    """Folders within the inputs that are none, as the output is none."""
    is_anothers: Callable[[Place, Place], bool] = field(default=lambda _target, _source: False)
    """Whether an earlier run wrote this target for another source than this."""

    def works(self) -> list[Work]:
        """Every image that is there now, with its target; two images never share one.

        What this plan writes is never among them, wherever it goes.
        """
        taken: set[str] = set()
        works = [work for name in self._named() for work in self._works_of(name, taken)]
        owner = {
            one.target.resolve(): one
            for one in works
            if isinstance(one.target, Path) and one.source
        }
        return [
            one
            for one in works
            if not isinstance(one.source, Path) or owner.get(one.source.resolve(), one) is one
        ]

    def folder(self) -> Path | None:
        """Where the cutouts go, if that is a folder on this machine."""
        if not self.output or self.output == STDIO or is_remote(self.output):
            return None
        if is_template(self.output):
            return None
        many = len(self.inputs) > 1 or any(_is_many(name) for name in self.inputs)
        path = Path(self.output)
        bare = not path.suffix and not path.exists()
        folder = many or self.output.endswith("/") or path.is_dir() or bare
        return path if folder else None

    def check(self) -> None:
        """Raises typer.BadParameter for an output that the images cannot go to."""
        if is_template(self.output):
            check_template(self.output or "")
        folder = self.folder()
        if folder is not None and folder.suffix and not folder.is_dir() and not _ends(self.output):
            message = f"several images cannot go into one file; for a folder write {folder}/"
            raise typer.BadParameter(message, param_hint="--output")

    def _named(self) -> Iterator[str]:
        """The inputs, a quoted pattern as the files it stands for."""
        for name in self.inputs:
            if name == STDIO or is_remote(name) or Path(name).exists() or not has_magic(name):
                yield name
            else:
                yield from sorted(glob(name, recursive=True))  # noqa: PTH207 - As a shell would.

    def _works_of(self, name: str, taken: set[str]) -> Iterator[Work]:
        if name == STDIO:
            yield Work(None, self._target(None, Path(), taken) if self.output else None)
        elif is_remote(name):
            many = name.startswith(S3) and name.endswith("/")
            for address in listed(name) if many else [name]:
                if not many or Path(name_of(address)).suffix.lower() in SUFFIXES:
                    yield Work(address, self._target(address, Path(), taken))
        else:
            root = Path(name)
            for source in self._images(root) if root.is_dir() else [root]:
                below = source.parent.relative_to(root) if root.is_dir() else Path()
                yield Work(source, self._target(source, below, taken), below)

    def _target(self, source: Place, below: Path, taken: set[str]) -> Place:
        """Where the cutout of a source goes; below: its folder within the input."""
        output, folder = self.output, self.folder()
        if output == STDIO:
            return None
        stem, ending = ("stdin", "")
        if source is not None:
            stem, _, ending = name_of(source).rpartition(".")
            stem, ending = (stem, ending) if stem else (ending, "")
        if output is not None and is_template(output):
            values = {"stem": stem, "name": f"{stem}.{ending}" if ending else stem}
            values |= {"suffix": ending, "ext": self.extension, "kind": self.word}
            values |= {"preset": self.preset or "", "index": str(len(taken) + 1)}
            return self._first_free(_numbered(fill(output, values)), source, taken)
        if output is not None and output.startswith(S3):
            if not output.endswith("/"):
                return output
            return self._first_free(_numbered(f"{output}{stem}.{self.extension}"), source, taken)
        if folder is None and output:
            return Path(output)
        place = folder / below if folder else source.parent if isinstance(source, Path) else Path()
        return self._free(place, source, stem, ending, taken)

    def _images(self, root: Path) -> list[Path]:
        """The images of a folder, without those that this or an earlier run made of them."""
        found = sorted(root.rglob("*") if self.recursive else root.glob("*"))
        output = (self.folder() or root).resolve()
        apart = [one for one in self._apart() if root.resolve() in one.parents]
        stems = {(one.parent, stem) for one in found for stem in _stems_of_sources(one)}
        return [
            one
            for one in found
            if not any(folder in one.resolve().parents for folder in apart)
            and not _is_passed_over(one.relative_to(root))
            and not _is_ours(one, stems, beside=output == root.resolve())
            and _is_image(one)
        ]

    def _apart(self) -> Iterator[Path]:
        for folder in (self.folder(), *self.apart):
            if folder is not None:
                yield folder.resolve()

    def _free(self, place: Path, source: Place, stem: str, ending: str, taken: set[str]) -> Path:
        """`a.jpg` and `a.png` of one folder become `a.png` and `a-png.png`."""
        beside = isinstance(source, Path) and place.resolve() == source.parent.resolve()
        suffix = f"-{self.word}" if beside or (source and not self.output) else ""
        longer = "-".join(filter(None, (stem, ending))) + (suffix or f"-{self.word}")
        more = _numbered(str(place / f"{longer}.{self.extension}"))
        places = chain([place / f"{stem}{suffix}.{self.extension}"], more)
        return Path(self._first_free(places, source, taken))

    def _first_free(
        self, places: Iterator[Path | str], source: Place, taken: set[str]
    ) -> Path | str:
        """The first place that no other image has, of this run or of an earlier one."""
        place = next(
            one for one in places if str(one) not in taken and not self.is_anothers(one, source)
        )
        taken.add(str(place))
        return place


def is_local(name: str) -> bool:
    """Whether an input is files or folders of this machine."""
    return name != STDIO and not is_remote(name)


def _is_many(name: str) -> bool:
    """Whether an input may be several images."""
    if is_remote(name):
        return name.startswith(S3) and name.endswith("/")
    return Path(name).is_dir() or (has_magic(name) and not Path(name).exists())


def _ends(output: str | None) -> bool:
    return bool(output) and str(output).endswith("/")


def _numbered(name: str) -> Iterator[Path | str]:
    """The name, then with 2, 3 … before its ending."""
    head, ending = splitext(name)  # noqa: PTH122 - An address is no path.
    for one in chain([name], (f"{head}-{number}{ending}" for number in count(2))):
        yield one if is_remote(one) else Path(one)


def _stems_of_sources(source: Path) -> tuple[str, str]:
    """What the names of cutouts that stand beside an image may begin with."""
    return source.stem, f"{source.stem}-{source.suffix[1:]}"


def _is_ours(file: Path, stems: set[tuple[Path, str]], *, beside: bool) -> bool:
    """Whether we made a file, by its name: `a-cutout.png`, if `a.jpg` is there or may have been."""
    stem, _, word = file.stem.rpartition("-")
    return word in WORDS and (beside or (file.parent, stem) in stems)


def _is_passed_over(file: Path) -> bool:
    """Whether a file or one of its folders has a name that no image of a user has."""
    parts = [part.lower() for part in file.parts]
    return any(fnmatch(part, pattern) for part in parts for pattern in PASSED_OVER)


def _is_image(file: Path) -> bool:
    """Whether a file is an image, by its content, or claims to be one by its name."""
    if not file.is_file():
        return False
    if file.suffix.lower() in SUFFIXES:
        return True
    try:
        with file.open("rb") as content:
            kind_of(content.read(START))
    except OSError:
        return False
    except SourceRejected as refusal:
        return refusal.reason == "unsupported_format"
    return True
