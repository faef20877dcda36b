"""What has been written with which options, in the user's state folder, not beside the images."""

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cutoutd.cli.places import Place, Version, version_of
from cutoutd.cli.plan import Work

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground
    from cutoutd.removal.model import ExtraImages


def fingerprint(command: "RemoveBackground", extra: "ExtraImages") -> str:
    """What tells the same options from others, whatever they are called."""
    digest = hashlib.sha256(command.to_json().encode())
    for one in extra:
        digest.update(hashlib.sha256(one or b"").digest())
    return digest.hexdigest()[:16]


def state_folder() -> Path:
    """Where programs keep what they may lose (XDG Base Directory Specification)."""
    chosen = os.environ.get("XDG_STATE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".local" / "state") / "cutoutd" / "written"


@dataclass(frozen=True, slots=True)
class Written:
    """What a target was made of: a line of a record."""

    options: str
    source: str | None = None
    """The whole path; None in lines of earlier releases."""
    version: Version | None = None


class Records:
    """What targets were made of, and how: a file for each folder, a line for each target."""

    def __init__(self, options: str, *, moved: bool = False) -> None:
        """options: the fingerprint of those that are asked for now.

        moved: sources leave their folder once they are done.
        """
        self._options = options
        self._moved = moved
        self._known: dict[Path, dict[str, Written]] = {}

    def is_done(self, work: Work) -> bool:
        """Whether a target is there, and was made of this source as it is now, with these options.

        Of a target that nothing is known of, its age decides alone.
        """
        if not (isinstance(work.target, Path) and isinstance(work.source, Path)):
            return work.done
        known = self._of(work.target)
        if known is None or known.options != self._options or known.version is None:
            return work.done and (known is None or known.options == self._options)
        same = known.source == _name(work.source) and known.version == version_of(work.source)
        return same and work.target.exists()

    def is_anothers(self, target: Place, source: Place) -> bool:
        """Whether a target is there that was made of another source, which is still known."""
        if not (isinstance(target, Path) and isinstance(source, Path)):
            return False
        known = self._of(target)
        if known is None or known.source in {None, _name(source)} or not target.exists():
            return False
        return self._moved or Path(str(known.source)).exists()

    def add(self, work: Work, version: Version | None) -> None:
        """Keep that a target was written, of a source that was then so.

        Without a place to keep it, only this process knows it.
        """
        if not isinstance(work.target, Path):
            return
        source = _name(work.source) if isinstance(work.source, Path) else None
        written = Written(self._options, source, version)
        folder = work.target.parent.resolve()
        self._in(folder)[work.target.name] = written
        file = _file_of(folder)
        line = json.dumps({"file": work.target.name, **asdict(written)})
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{line}\n")

    def _of(self, target: Path) -> Written | None:
        return self._in(target.parent.resolve()).get(target.name)

    def _in(self, folder: Path) -> dict[str, Written]:
        if folder not in self._known:
            self._known[folder] = dict(_read(_file_of(folder)))
        return self._known[folder]


def _name(source: Path) -> str:
    return str(source.absolute())


def _file_of(folder: Path) -> Path:
    return state_folder() / f"{hashlib.sha256(str(folder).encode()).hexdigest()[:24]}.jsonl"


def _read(file: Path) -> list[tuple[str, Written]]:
    """File names and what is known of them; a line that was cut off tells nothing."""
    found: list[tuple[str, Written]] = []
    with contextlib.suppress(OSError):
        for line in file.read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                one = json.loads(line)
                version = one.get("version") and (int(one["version"][0]), int(one["version"][1]))
                written = Written(str(one["options"]), one.get("source"), version)
                found.append((str(one["file"]), written))
    return found
