"""The threads that imaging may use: one number and one pool for the whole process.

NumPy, Pillow, isal, simplejpeg and our kernels let go of the interpreter lock while they work, so
strips of an image really run side by side. Who has work does it, and the pool's threads help as
soon as they are awake: on a virtual machine that may take longer than the work. However many
callers there are, no more threads than the number compute at once; a caller begins when one of
them is free, and keeps it until its own work is done.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from threading import BoundedSemaphore
from typing import Final, TypeVar

from threadpoolctl import threadpool_limits

DEFAULT: Final = 2
STRIPS_PER_THREAD: Final = 4
BLOCK: Final = 128
"""Rows or columns in px: float planes of a square of them fit the second-level cache."""

Item = TypeVar("Item")
Made = TypeVar("Made")


class _Threads:
    """So many threads: the callers' own, and the pool's that help them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.free = BoundedSemaphore(count)
        self.helpers = ThreadPoolExecutor(max(1, count - 1), thread_name_prefix="imaging")


_threads = _Threads(DEFAULT)


def set_num_threads(count: int) -> None:
    """Let imaging use so many threads in this process; to be called before its first image.

    count: 1 or more. Source of the name: `cv2.setNumThreads`, `torch.set_num_threads`.
    """
    global _threads  # noqa: PLW0603 - It is a property of the process.
    if count != _threads.count:
        _threads = _Threads(count)


def get_num_threads() -> int:
    """How many threads imaging may use in this process."""
    return _threads.count


def each(function: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """Call the function for every item, on all threads that are free; what came back, in order.

    The first exception is raised after all calls have ended. The function must not call `each`.
    """
    _keep_blas_single()
    threads, items = _threads, list(items)
    if threads.count == 1 or len(items) <= 1:
        return [function(item) for item in items]
    made: dict[int, Made] = {}
    failed: dict[int, BaseException] = {}
    waiting = enumerate(items)  # Its `next` gives no two threads the same.

    def work() -> None:
        for place, item in waiting:
            try:
                made[place] = function(item)
            except BaseException as exc:  # noqa: BLE001 - The caller raises it.
                failed[place] = exc

    def help_out() -> None:
        if threads.free.acquire(blocking=False):
            try:
                work()
            finally:
                threads.free.release()

    count = min(threads.count, len(items)) - 1
    helpers = [threads.helpers.submit(help_out) for _ in range(count)]
    with threads.free:
        work()
    under_way = [helper for helper in helpers if not helper.cancel()]
    if len(made) + len(failed) < len(items):
        wait(under_way)
    if failed:
        raise failed[min(failed)]
    return [made[place] for place in range(len(items))]


def strips(rows: int, *, least: int) -> list[slice]:
    """Cut so many rows into strips for `each`, none of fewer than `least` rows.

    Several for each thread, because some rows take no time, and some threads come late.
    """
    count = _threads.count
    count = max(1, min(STRIPS_PER_THREAD * count, rows // least)) if count > 1 else 1
    edges = [rows * number // count for number in range(count + 1)]
    return [slice(top, bottom) for top, bottom in pairwise(edges)]


def blocks(length: int) -> list[slice]:
    """Consecutive parts of a length for `each`: BLOCK of it, or what remains."""
    return [slice(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK)]


@cache
def _keep_blas_single() -> None:
    """Matrix products run on the thread that asks for them: ours is the only pool."""
    threadpool_limits(1, user_api="blas")
