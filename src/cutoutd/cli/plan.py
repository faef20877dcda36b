"""Which pictures a command means, and where each one's cutout goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
        """Every picture that is there now, with its target; two pictures never share one."""
        taken: set[Path] = set()
        return [work for name in self.inputs for work in self._works_of(name, taken)]

    def _works_of(self, name: str, taken: set[Path]) -> Iterator[Work]:
        folder = self._folder()
        if name == STDIO:
            yield Work(None, folder / f"stdin.{self.extension}" if folder else self._file())
            return
        root = Path(name)
        for source in self._pictures(root) if root.is_dir() else [root]:
            if folder is None and self.output:
                yield Work(source, self._file())
                continue
            below = source.parent.relative_to(root) if root.is_dir() else Path()
            place = folder / below if folder else source.parent
            yield Work(source, self._free(place, source, taken))

    def _folder(self) -> Path | None:
        if not self.output or self.output == STDIO:
            return None
        many = len(self.inputs) > 1 or any(Path(name).is_dir() for name in self.inputs)
        folder = many or self.output.endswith("/") or Path(self.output).is_dir()
        return Path(self.output) if folder else None

    def _file(self) -> Path | None:
        return None if self.output in (None, STDIO) else Path(self.output)

    def _pictures(self, folder: Path) -> list[Path]:
        """The pictures of a folder, without those that an earlier run put beside them."""
        found = folder.rglob("*") if self.recursive else folder.glob("*")
        ours = () if self._folder() else (f"-{self.word}",)
        return sorted(
            one
            for one in found
            if one.suffix.lower() in SUFFIXES and one.is_file() and not one.stem.endswith(ours)
        )

    def _free(self, place: Path, source: Path, taken: set[Path]) -> Path:
        """`a.jpg` and `a.png` of one folder become `a.png` and `a-png.png`."""
        suffix = "" if self._folder() else f"-{self.word}"
        target = place / f"{source.stem}{suffix}.{self.extension}"
        if target in taken or target == source:
            ending = suffix or f"-{self.word}"
            target = place / f"{source.stem}-{source.suffix[1:]}{ending}.{self.extension}"
        taken.add(target)
        return target
