"""A folder that is watched: which images have arrived, and when the watching ends."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import has_magic
from itertools import takewhile
from pathlib import Path

import typer

from cutoutd.cli.places import Version, version_of
from cutoutd.cli.plan import Plan, Work, is_local

LOOK_S = 1.0
"""Between two looks at the folders. The kernel is not asked: it knows nothing of network drives."""
UNCHANGED_LOOKS = 2
"""An image counts as arrived once it has been the same for so many looks after the first."""
AGAIN_LOOKS = 60
"""After an output that could not be written."""


class Arrivals:
    """The images that have arrived in the folders of a plan, each of them once."""

    def __init__(self, plan: Plan, is_done: Callable[[Work], bool]) -> None:
        """is_done: whether nothing is left to do for an image, although its file is there."""
        self._plan = plan
        self._is_done = is_done
        self._seen: dict[Path, tuple[Version, int]] = {}

    def look(self) -> list[Work]:
        """Those that have been the same for long enough, and were not given before."""
        seen: dict[Path, tuple[Version, int]] = {}
        arrived = []
        for work in self._plan.works():
            version = version_of(work.source)
            if not isinstance(work.source, Path) or version is None or self._is_done(work):
                continue
            before, looks = self._seen.get(work.source, (None, 0))
            looks = looks + 1 if before == version else 0
            seen[work.source] = (version, looks)
            if looks == UNCHANGED_LOOKS:
                arrived.append(work)
        self._seen = seen
        return arrived

    def again(self, work: Work) -> None:
        """Give an image once more after a while, as if it arrived then."""
        if isinstance(work.source, Path) and work.source in self._seen:
            version, _ = self._seen[work.source]
            self._seen[work.source] = (version, UNCHANGED_LOOKS - AGAIN_LOOKS)


class Looks:
    """The pauses between looks, until they are ended."""

    ended = False

    def pause(self) -> None:
        """Wait for the next look."""
        time.sleep(LOOK_S)


def watched(arrivals: Arrivals, looks: Looks) -> Iterator[Work | None]:
    """Images as they arrive, and None after each look."""
    while not looks.ended:
        yield from takewhile(lambda _: not looks.ended, arrivals.look())
        yield None
        looks.pause()


@contextmanager
def until_terminated() -> Iterator[Looks]:
    """Looks that SIGTERM ends, as service managers send it."""
    looks = Looks()

    def end(_signal: int, _frame: object) -> None:
        looks.ended = True

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield looks
    finally:
        signal.signal(signal.SIGTERM, before)


def check_watched(plan: Plan) -> None:
    """Raises typer.BadParameter for what cannot be watched."""
    for name in plan.inputs:
        if not is_local(name):
            raise typer.BadParameter(f"{name} cannot be watched", param_hint="--watch")
        if not (Path(name).exists() or has_magic(name)):
            raise typer.BadParameter(f"{name}: there is no such folder", param_hint="--watch")
    if "{index" in (plan.output or ""):
        message = "{index} counts the images of one run, and --watch has no end; use {stem}"
        raise typer.BadParameter(message, param_hint="--output")
