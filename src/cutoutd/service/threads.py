"""Where a coroutine meets blocking code: the stores are plain calls, made in threads kept for them.

Routes are coroutines, the stores below are not. Everything that a route asks goes through
`StoreThreads.call`, so that no slow disk or database holds the event loop. (Webhooks and
procrastinate have event loops of their own, in threads of their own; no route waits for them.)
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 8


class StoreThreads:
    """A few threads for blocking calls."""

    def __init__(self, *, count: int = _THREADS) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="store")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `function` returns or raises, while the event loop goes on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Let the threads go; nothing may be called any more."""
        self._pool.shutdown(wait=True)
