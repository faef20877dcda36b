"""Many images: several at a time, each one whole or not at all, failures named."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from cutoutd.cli.plan import Plan, Work

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground
    from cutoutd.removal.model import Segmenter

LOOK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How one image ended."""

    work: Work
    seconds: float
    notes: tuple[str, ...] = ()
    error: str | None = None

    def to_json(self) -> dict[str, object]:
        """One line of `--json`."""
        return {
            "source": str(self.work),
            "target": None if self.work.target is None else str(self.work.target),
            "ok": self.error is None,
            "error": self.error,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }


Perform = Callable[[Work], Done]


def performer(command: "RemoveBackground", segmenter: "Segmenter") -> Perform:
    """Removes the background of one image; never raises for anything the image causes."""
    from cutoutd.errors import CutoutError
    from cutoutd.removal.pipeline import remove_background

    def perform(work: Work) -> Done:
        started = time.perf_counter()
        notes: tuple[str, ...] = ()
        error = None
        try:
            removal = remove_background(_read(work.source), command, segmenter)
            notes = removal.notes
            _write(work.target, removal.images[0].data)
        except (CutoutError, OSError) as exc:
            error = _reason(exc)
        seconds = time.perf_counter() - started
        return Done(work=work, seconds=seconds, notes=notes, error=error)

    return perform


def perform_all(works: Iterable[Work], perform: Perform, *, at_once: int) -> Iterator[Done]:
    """Each image's end, as it comes; at most `at_once` images are in memory."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="picture") as threads:
        open_: set[Future[Done]] = set()
        for work in works:
            if len(open_) >= at_once:
                ended, open_ = wait(open_, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in ended)
            open_.add(threads.submit(perform, work))
        while open_:
            ended, open_ = wait(open_, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in ended)


def watched(plan: Plan, *, pause: Callable[[float], None] = time.sleep) -> Iterator[Work]:
    """Images as they arrive in the folders, for ever; a file counts once it stopped growing.

    It looks every second instead of asking the kernel, which knows nothing about network drives.
    """
    growing: dict[Path, int] = {}
    offered: dict[Path, int] = {}
    for look in count():
        if look:
            pause(LOOK_S)
        for work in plan.works():
            if work.source is None or work.done:
                continue
            try:
                stat = work.source.stat()
            except FileNotFoundError:  # It was there a moment ago.
                continue
            if offered.get(work.source) == stat.st_mtime_ns:
                continue
            if growing.get(work.source) == stat.st_size:
                offered[work.source] = stat.st_mtime_ns
                yield work
            growing[work.source] = stat.st_size


def _read(source: Path | None) -> bytes:
    return source.read_bytes() if source else sys.stdin.buffer.read()


def _write(target: Path | None, data: bytes) -> None:
    """Whole or not at all: a name never shows a half-written image."""
    if target is None:
        sys.stdout.buffer.write(data)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
