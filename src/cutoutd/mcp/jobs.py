"""Jobs of one MCP server: in threads, remembered for a while, gone when it ends."""

import itertools
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import Any, Final

from cutoutd.errors import NotFound, Overloaded

MOST_KEPT: Final = 50
MOST_WAITING: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What an image became: what to say of it, and what to show."""

    said: dict[str, Any]
    image: bytes
    """A PNG."""


class Jobs:
    """Removals in the order they came, one at a time: each uses all cores."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mcp")
        self._kept: OrderedDict[int, Future[Finished]] = OrderedDict()
        self._numbers = itertools.count(1)

    def start(self, work: Callable[[], Finished]) -> int:
        """Queue some work. Returns its number. Raises Overloaded."""
        if sum(not future.done() for future in self._kept.values()) >= MOST_WAITING:
            raise Overloaded(f"{MOST_WAITING} images are waiting already.", retry_after_s=10)
        number = next(self._numbers)
        self._kept[number] = self._threads.submit(work)
        ended = [one for one, future in self._kept.items() if future.done()]
        for one in ended[: max(0, len(self._kept) - MOST_KEPT)]:
            del self._kept[one]
        return number

    def wait(self, number: int, timeout_s: float) -> Finished | None:
        """What came of a job; None while it runs. Raises NotFound, and what the work raised."""
        future = self._kept.get(number)
        if future is None:
            raise NotFound(f"There is no job {number}, or not any more.")
        wait_for([future], timeout=timeout_s)
        return future.result() if future.done() else None

    def close(self) -> None:
        """Drop what waits, and finish what runs."""
        self._threads.shutdown(cancel_futures=True)
