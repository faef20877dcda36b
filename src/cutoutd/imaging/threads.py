"""The threads that imaging may use: one pool for the whole process.

NumPy, Pillow, isal and simplejpeg let go of the interpreter lock while they work, so strips of
a picture really run side by side. However many jobs there are, they share the pool of their
thread count, and no thread of it ever waits for another.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

from threadpoolctl import threadpool_limits

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
    calls = [_pool(threads).submit(function, item) for item in items]
    for call in calls:
        call.exception()
    return [call.result() for call in calls]


def strips(rows: int, *, least: int, threads: int) -> list[slice]:
    """Cut so many rows into strips for `each`: one a thread, none of fewer than `least` rows."""
    count = max(1, min(threads, rows // least))
    edges = [rows * number // count for number in range(count + 1)]
    return [slice(top, bottom) for top, bottom in pairwise(edges)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="imaging")


@cache
def _keep_blas_single() -> None:
    """Matrix products run on the thread that asks for them: ours is the only pool."""
    threadpool_limits(1, user_api="blas")
