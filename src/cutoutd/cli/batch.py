"""Many images: several at a time, each one whole or not at all, failures named."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cutoutd.cli.places import Place, Version, read, version_of, write
from cutoutd.cli.plan import Work
from cutoutd.command.notes import explain

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground
    from cutoutd.removal.model import Encoded, ExtraImages, Segmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How one image ended."""

    work: Work
    seconds: float
    notes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    """Width and height of what was written."""
    error: str | None = None
    version: Version | None = None
    """Of the source, before it was read."""
    unwritten: bool = False
    """The output is what failed; the image may be well."""

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
        version = version_of(work.source)
        notes: tuple[str, ...] = ()
        size: tuple[int, int] | None = None
        error, unwritten = None, False
        try:
            removal = remove_background(read(work.source), command, segmenter, extra=beside)
        except (CutoutError, OSError) as exc:
            error = _reason(exc)
        else:
            notes = removal.notes
            size = (removal.images[0].width, removal.images[0].height)
            places = list(_places(work.target, command))
            error = _written(zip(places, removal.images, strict=True))
            unwritten = error is not None
        return Done(
            work=work,
            seconds=time.perf_counter() - started,
            notes=notes,
            size=size,
            error=error,
            version=version,
            unwritten=unwritten,
        )

    return perform


def _written(images: "Iterable[tuple[Place, Encoded]]") -> str | None:
    """Write each image to its place; says what is wrong with the first that cannot be."""
    from cutoutd.errors import CutoutError

    for place, image in images:
        try:
            write(place, image.data)
        except CutoutError as error:
            return str(error)
        except OSError as error:
            return f"{place or 'stdout'} cannot be written: {_reason(error)}"
    return None


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


def perform_all(works: Iterable[Work | None], perform: Perform, *, at_once: int) -> Iterator[Done]:
    """Each image's end, as it comes; at most `at_once` images are in memory.

    None among the works is a moment to say what has ended, before the next image arrives.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="picture") as threads:
        open_: set[Future[Done]] = set()
        for work in works:
            if work is None or len(open_) >= at_once:
                timeout = 0 if work is None else None
                ended, open_ = wait(open_, timeout, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in ended)
            if work is not None:
                open_.add(threads.submit(perform, work))
        while open_:
            ended, open_ = wait(open_, return_when=FIRST_COMPLETED)
            yield from (one.result() for one in ended)


def _reason(error: Exception) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
