"""How much one client may ask of the server.

Rates are counted by the `limits` library, in this process or in Redis for all web processes.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError as LimitsConfigurationError
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from cutoutd.clients.clients import Clients
from cutoutd.errors import ConfigurationError, RateLimited

_REMEMBERED: Final = 1000
"""Clients whose last quota is kept for the headers of their next answers."""
_REDIS_TIMEOUT_S: Final = 0.5
"""A Redis that is slower than this is as good as away."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a client had left after its last job."""

    per_minute: int
    remaining: int
    resets_at: float
    """Seconds since 1970."""

    def headers(self, now: float) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers."""
        wait_s = max(0, ceil(self.resets_at - now))
        return {
            "RateLimit-Policy": f'"jobs";q={self.per_minute};w=60',
            "RateLimit": f'"jobs";r={self.remaining};t={wait_s}',
        }


class Quotas:
    """Counts the jobs that each client submits. Safe to share between threads."""

    def __init__(
        self,
        *,
        per_minute: Callable[[str], int | None],
        url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """per_minute: a client's limit; None is none. url: redis://…, or empty for memory.

        Raises ConfigurationError for a URL of another kind, or a missing client.
        """
        self._per_minute = per_minute
        self._clock = clock
        self._last: OrderedDict[str, Quota] = OrderedDict()
        self._counter = SlidingWindowCounterRateLimiter(_open_storage(url))

    def admit(self, client: str) -> None:
        """Count a job. Raises RateLimited when the client has had its jobs for this minute.

        May wait for Redis; a Redis that is away limits nobody.
        """
        limit = self._per_minute(client)
        if limit is None:
            return
        item = RateLimitItemPerMinute(limit)
        try:
            admitted = self._counter.hit(item, client)
            resets_at, remaining = self._counter.get_window_stats(item, client)
        except StorageError:
            return
        self._remember(client, Quota(limit, remaining, resets_at))
        if not admitted:
            wait_s = max(1, ceil(resets_at - self._clock()))
            raise RateLimited(f"{limit} jobs a minute are", retry_after_s=min(wait_s, 60))

    def last(self, client: str) -> Quota | None:
        """The quota after the client's last job in this process."""
        return self._last.get(client)

    def _remember(self, client: str, quota: Quota) -> None:
        self._last[client] = quota
        self._last.move_to_end(client)
        while len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)


def _open_storage(url: str) -> Storage:
    if not url:
        return MemoryStorage()
    try:
        if url.startswith(("redis://", "rediss://")):
            return RedisStorage(
                url,
                wrap_exceptions=True,
                socket_connect_timeout=_REDIS_TIMEOUT_S,
                socket_timeout=_REDIS_TIMEOUT_S,
            )
    except (LimitsConfigurationError, ImportError, ValueError) as exc:
        raise ConfigurationError(
            "CUTOUTD_LIMITS_URL cannot be used; redis:// needs its client: "
            "pip install 'cutoutd[redis]'."
        ) from exc
    raise ConfigurationError("CUTOUTD_LIMITS_URL must be redis://… or rediss://….")


class ClientLimits:
    """What each client may ask for: its keys' limits, or else the server's."""

    def __init__(
        self,
        clients: Clients,
        *,
        per_minute: int | None,
        unfinished: int | None,
        stored_bytes: int | None = None,
        url: str = "",
    ) -> None:
        """stored_bytes: what one client may have uploaded at one time; None is any number."""
        self._stored_bytes = stored_bytes
        self._clients = clients
        self._unfinished = unfinished
        self.quotas = Quotas(
            per_minute=lambda client: clients.limits_of(client)[0] or per_minute, url=url
        )

    def admit(self, client: str) -> None:
        """Count a job. Raises RateLimited if the client has had its jobs for this minute."""
        self.quotas.admit(client)

    def unfinished_limit(self, client: str) -> int | None:
        """Jobs that the client may have waiting or running at one time."""
        return self._clients.limits_of(client)[1] or self._unfinished

    def stored_limit(self, client: str) -> int | None:  # noqa: ARG002 - All have the same.
        """Bytes of uploads that the client may have stored at one time."""
        return self._stored_bytes
