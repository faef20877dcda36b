"""Which images a command means, and where each one's cutout goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from cutoutd.errors import SourceRejected
from cutoutd.imaging.containers.kinds import kind_of

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif")
)
"""Files of these names are images, or worth a word if their content is none."""
PASSED_OVER = ("._*", ".*.partial", "thumbs.db", ".ds_store", "desktop.ini")
"""What systems put beside images, and what we have begun to write."""
WORDS = ("cutout", "mask")
"""One ends the name of each file of ours that stands beside its source."""
START = 1_024
"""Bytes that tell the format of a file."""
STDIO = "-"


@dataclass(frozen=True, slots=True)
class Work:
    """One image to read, and where its cutout goes."""

    source: Path | None
    target: Path | None
    """None: standard input, standard output."""

    @property
    def done(self) -> bool:
        """Whether the target is there already and no older than the source."""
        if self.source is None or self.target is None or not self.target.exists():
            return False
        return self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns

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

    def works(self) -> list[Work]:
        """Every image that is there now, with its target; two images never share one.

        What this plan writes is never among them, wherever it goes.
        """
        taken: set[Path] = set()
        works = [work for name in self.inputs for work in self._works_of(name, taken)]
        owner = {one.target.resolve(): one for one in works if one.target and one.source}
        return [
            one for one in works if not one.source or owner.get(one.source.resolve(), one) is one
        ]

    def _works_of(self, name: str, taken: set[Path]) -> Iterator[Work]:
        folder = self.folder()
        if name == STDIO:
            yield Work(None, folder / f"stdin.{self.extension}" if folder else self._file())
            return
        root = Path(name)
        for source in self._images(root) if root.is_dir() else [root]:
            if folder is None and self.output:
                yield Work(source, self._file())
                continue
            below = source.parent.relative_to(root) if root.is_dir() else Path()
            place = folder / below if folder else source.parent
            yield Work(source, self._free(place, source, taken))

    def folder(self) -> Path | None:
        """Where the cutouts go, if that is a folder."""
        if not self.output or self.output == STDIO:
            return None
        many = len(self.inputs) > 1 or any(Path(name).is_dir() for name in self.inputs)
        folder = many or self.output.endswith("/") or Path(self.output).is_dir()
        return Path(self.output) if folder else None

    def _file(self) -> Path | None:
        return None if self.output in (None, STDIO) else Path(self.output)

    def _images(self, root: Path) -> list[Path]:
        """The images of a folder, without those that this or an earlier run made of them."""
        found = sorted(root.rglob("*") if self.recursive else root.glob("*"))
        output = (self.folder() or root).resolve()
        within = root.resolve() in output.parents
        stems = {(one.parent, stem) for one in found for stem in _stems_of_sources(one)}
        return [
            one
            for one in found
            if not (within and output in one.resolve().parents)
            and not _is_ours(one, stems, beside=output == root.resolve())
            and _is_image(one)
        ]

    def _free(self, place: Path, source: Path, taken: set[Path]) -> Path:
        """`a.jpg` and `a.png` of one folder become `a.png` and `a-png.png`."""
        beside = place.resolve() == source.parent.resolve()
        suffix = f"-{self.word}" if beside else ""
        target = place / f"{source.stem}{suffix}.{self.extension}"
        if target in taken:
            ending = suffix or f"-{self.word}"
            target = place / f"{source.stem}-{source.suffix[1:]}{ending}.{self.extension}"
        taken.add(target)
        return target


def _stems_of_sources(source: Path) -> tuple[str, str]:
    """What the names of cutouts that stand beside an image may begin with."""
    return source.stem, f"{source.stem}-{source.suffix[1:]}"


def _is_ours(file: Path, stems: set[tuple[Path, str]], *, beside: bool) -> bool:
    """Whether we made a file, by its name: `a-cutout.png`, if `a.jpg` is there or may have been."""
    stem, _, word = file.stem.rpartition("-")
    return word in WORDS and (beside or (file.parent, stem) in stems)


def _is_image(file: Path) -> bool:
    """Whether a file is an image, by its content, or claims to be one by its name."""
    if any(fnmatch(file.name.lower(), pattern) for pattern in PASSED_OVER) or not file.is_file():
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
