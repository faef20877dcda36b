"""Many images: several at a time, each one whole or not at all, failures named."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from cutoutd.cli.places import Place, read, write
from cutoutd.cli.plan import Plan, Work
from cutoutd.command.notes import explain

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground
    from cutoutd.removal.model import ExtraImages, Segmenter

LOOK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How one image ended."""

    work: Work
    seconds: float
    notes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    """Width and height of what was written."""
    error: str | None = None

    @property
    def messages(self) -> list[str]:
        """The notes as sentences."""
        return [explain(note) for note in self.notes]

    def to_json(self) -> dict[str, object]:
        """One line of `--json` and of a report."""
        return {
            "source": str(self.work),
            "target": None if self.work.target is None else str(self.work.target),
            "ok": self.error is None,
            "error": self.error,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
            "messages": self.messages,
            "width": self.size and self.size[0],
            "height": self.size and self.size[1],
        }


Perform = Callable[[Work], Done]


def performer(
    command: "RemoveBackground", segmenter: "Segmenter", extra: "ExtraImages | None" = None
) -> Perform:
    """Removes the background of one image; never raises for anything the image causes."""
    from cutoutd.errors import CutoutError
    from cutoutd.removal.model import ExtraImages
    from cutoutd.removal.pipeline import remove_background

    beside = extra or ExtraImages()

    def perform(work: Work) -> Done:
        started = time.perf_counter()
        notes: tuple[str, ...] = ()
        size: tuple[int, int] | None = None
        error = None
        try:
            removal = remove_background(read(work.source), command, segmenter, extra=beside)
            notes = removal.notes
            size = (removal.images[0].width, removal.images[0].height)
            for image, place in zip(removal.images, _places(work.target, command), strict=True):
                write(place, image.data)
        except (CutoutError, OSError) as exc:
            error = _reason(exc)
        seconds = time.perf_counter() - started
        return Done(work=work, seconds=seconds, notes=notes, size=size, error=error)

    return perform


def _places(target: Place, command: "RemoveBackground") -> Iterator[Place]:
    """Where each output of an image goes: `a.png`, and beside it `a-mask.png`."""
    yield target
    for output in command.outputs[1:]:
        if target is None:
            yield None
        elif isinstance(target, Path):
            yield target.with_stem(f"{target.stem}-{output.kind}")
        else:
            head, dot, ending = target.rpartition(".")
            yield f"{head}-{output.kind}{dot}{ending}"


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
            if not isinstance(work.source, Path) or work.done:
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


def _reason(error: Exception) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
