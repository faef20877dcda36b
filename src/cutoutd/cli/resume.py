"""What has been written with which options, in the user's state folder, not beside the images."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

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


class Records:
    """Which targets were written with which options: a file for each folder, a line for each."""

    def __init__(self, options: str) -> None:
        """options: the fingerprint of those that are asked for now."""
        self._options = options
        self._known: dict[Path, dict[str, str]] = {}

    def is_done(self, work: Work) -> bool:
        """Whether a target is there, no older than its source, and not made with other options.

        Of a target that nothing is known of, its age decides alone.
        """
        if not work.done or not isinstance(work.target, Path):
            return work.done
        known = self._of(work.target.parent.resolve())
        return known.get(work.target.name, self._options) == self._options

    def add(self, work: Work) -> None:
        """Keep that a target was written; without a place to keep it, nothing."""
        if not isinstance(work.target, Path):
            return
        line = json.dumps({"file": work.target.name, "options": self._options})
        file = _file_of(work.target.parent.resolve())
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{line}\n")

    def _of(self, folder: Path) -> dict[str, str]:
        if folder not in self._known:
            self._known[folder] = dict(_read(_file_of(folder)))
        return self._known[folder]


def _file_of(folder: Path) -> Path:
    return state_folder() / f"{hashlib.sha256(str(folder).encode()).hexdigest()[:24]}.jsonl"


def _read(file: Path) -> list[tuple[str, str]]:
    """File names and options; a line that was cut off tells nothing."""
    found: list[tuple[str, str]] = []
    with contextlib.suppress(OSError):
        for line in file.read_text("utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                one = json.loads(line)
                found.append((str(one["file"]), str(one["options"])))
    return found
