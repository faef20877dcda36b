"""The threads that imaging may use: one budget for the whole process.

NumPy, Pillow, isal, simplejpeg and our kernels let go of the interpreter lock while they work, so
strips of a picture really run side by side. Who has work does it, and the pool's threads help as
soon as they are awake: on a virtual machine that may take longer than the work. However many jobs
there are, no more threads of a budget compute at once, and none of them ever waits for another.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import pairwise
from threading import BoundedSemaphore
from typing import TypeVar

from threadpoolctl import threadpool_limits

STRIPS_PER_THREAD = 4

Item = TypeVar("Item")
Made = TypeVar("Made")


def each(function: Callable[[Item], Made], items: Iterable[Item], threads: int) -> list[Made]:
    """Call the function for every item on at most so many threads; what came back, in order.

    The first exception is raised after all calls have ended. The function must not call `each`.
    """
    _keep_blas_single()
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        return [function(item) for item in items]
    calls: list[Future[Made]] = [Future() for _ in items]
    waiting = iter(
        list(zip(calls, items, strict=True))
    )  # Its `next` gives no two threads the same.

    def work() -> None:
        for call, item in waiting:
            try:
                call.set_result(function(item))
            except BaseException as exc:  # noqa: BLE001 - The caller raises it.
                call.set_exception(exc)

    def help_out() -> None:
        if _budget(threads).acquire(blocking=False):
            try:
                work()
            finally:
                _budget(threads).release()

    helpers = [_pool(threads).submit(help_out) for _ in range(min(threads, len(items)) - 1)]
    with _budget(threads):
        work()
    for helper in helpers:
        helper.cancel()
    wait(calls)
    return [call.result() for call in calls]


def strips(rows: int, *, least: int, threads: int) -> list[slice]:
    """Cut so many rows into strips for `each`, none of fewer than `least` rows.

    Several for each thread, because some rows take no time, and some threads come late.
    """
    count = max(1, min(STRIPS_PER_THREAD * threads, rows // least)) if threads > 1 else 1
    edges = [rows * number // count for number in range(count + 1)]
    return [slice(top, bottom) for top, bottom in pairwise(edges)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="imaging")


@cache
def _budget(threads: int) -> BoundedSemaphore:
    return BoundedSemaphore(threads)


@cache
def _keep_blas_single() -> None:
    """Matrix products run on the thread that asks for them: ours is the only pool."""
    threadpool_limits(1, user_api="blas")
