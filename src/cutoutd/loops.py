"""Background loops: one way to run them, so that none of them ends or fails in silence.

A round of a loop may raise anything. It is logged and counted, the next round comes later the
more rounds failed in a row, and a loop that has not succeeded for long is *behind*: `/readyz`
names it, and a metric says when each loop last succeeded. A round that hangs is behind as well.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cutoutd.errors import CutoutError

_log = logging.getLogger(__name__)

LONGEST_BACK_OFF_S: Final = 60.0
"""Between two rounds that fail, unless the loop is a slower one anyway."""
LEAST_BEHIND_S: Final = 60.0
"""A loop that failed or hung for less is not behind."""


class Loop:
    """How a loop is doing. Rounds of one loop may run in several threads."""

    def __init__(
        self,
        name: str,
        *,
        every_s: float,
        may_rest: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """name: for the log, readiness and metrics. every_s: between two rounds that succeed.

        may_rest: rounds come only when there is something to do, so silence is no sign.
        """
        self.name = name
        self.every_s = every_s
        self._may_rest = may_rest
        self.failures = 0
        """Rounds that failed, ever."""
        self.succeeded_at: float | None = None
        """When a round last succeeded, in seconds since 1970; None before the first time."""
        self._in_a_row = 0
        self._clock = clock
        self._last = clock()
        self._begun = False

    @property
    def wait_s(self) -> float:
        """Seconds until the next round: longer the more rounds failed in a row."""
        if not self._in_a_row:
            return self.every_s
        longest_s = max(LONGEST_BACK_OFF_S, self.every_s)
        return float(min(longest_s, self.every_s * 2 ** min(self._in_a_row, 16)))

    @property
    def behind_s(self) -> float:
        """Seconds since a round last succeeded, or since the loop began."""
        if not self._begun or (self._may_rest and not self._in_a_row):
            return 0.0
        return self._clock() - self._last

    @property
    def behind(self) -> bool:
        """Whether no round has succeeded for three intervals, a minute at least."""
        return self.behind_s > max(LEAST_BEHIND_S, 3 * self.every_s)

    def begin(self) -> None:
        """From now on rounds are expected."""
        self._begun, self._last = True, self._clock()

    def end(self) -> None:
        """No round is expected any more."""
        self._begun = False

    @contextmanager
    def round(self) -> Iterator[None]:
        """One round: whatever it raises is logged and counted, and goes no further."""
        try:
            yield
        except CutoutError as exc:
            self._failed()
            why = exc.__cause__ or exc.message
            _log.warning("the loop %r failed and goes on: %s", self.name, why)
        except Exception:  # noqa: BLE001 - That is what this is for.
            self._failed()
            _log.exception("the loop %r failed and goes on", self.name)
        else:
            self._in_a_row = 0
            self._last = self._clock()
            self.succeeded_at = time.time()

    def _failed(self) -> None:
        self.failures += 1
        self._in_a_row += 1


class LoopThread:
    """A loop in a thread of its own."""

    def __init__(self, loop: Loop, action: Callable[[], object]) -> None:
        """action: one round."""
        self.loop = loop
        self._action = action
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=loop.name, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether a round that takes long should break off."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin with a round now."""
        self.loop.begin()
        self._thread.start()

    def stop(self) -> None:
        """Begin no more rounds, and wait for the one that runs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.loop.end()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self.loop.round():
                self._action()
            self._stopping.wait(self.loop.wait_s)


async def repeat(loop: Loop, action: Callable[[], Awaitable[object]]) -> None:
    """A loop in an event loop, until its task is cancelled."""
    loop.begin()
    try:
        while True:
            with loop.round():
                await action()
            await asyncio.sleep(loop.wait_s)
    finally:
        loop.end()
