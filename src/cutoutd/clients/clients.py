"""The clients that may call: a presented API key becomes the name of a client."""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cutoutd.clients.keys import ApiKey, KeySource, Scope, digest_of
from cutoutd.errors import AuthenticationFailed, CutoutError, Overloaded, PermissionDenied
from cutoutd.loops import Loop, LoopThread

ANONYMOUS: Final = "anonymous"
REFRESH_S: Final = 2.0
MAX_AGE_S: Final = 60.0
"""Keys of a source that could not be read for longer are believed no more: one may be revoked."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """The keys of one source, as they were."""

    keys: dict[bytes, ApiKey]
    read_at: float


class Clients:
    """The clients that may call, as a snapshot of all key sources a moment ago.

    Requests only ever look at the snapshot; a thread renews it, so that a key that was revoked
    stops working everywhere within seconds, and a slow database delays nobody. A source that
    cannot be read keeps its keys for a minute, no longer.

    Whether callers without a key are let in is decided once, by who makes this: the first key
    that is seen ends it for good, and nothing that is missing ever begins it again.
    """

    def __init__(
        self,
        sources: Sequence[KeySource],
        *,
        now_ms: Callable[[], int],
        anonymous: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """anonymous: everybody is the client `anonymous`, until a key exists."""
        self._sources = sources
        self._now_ms = now_ms
        self._open = anonymous
        self._clock = clock
        self._readings: dict[int, _Reading] = {}
        self._renewal = LoopThread(Loop("keys", every_s=REFRESH_S), self.refresh)
        self.refresh()

    @property
    def open(self) -> bool:
        """True while everybody may call."""
        return self._open

    def refresh(self) -> None:
        """Read all sources again. Raises what the first broken one raised, after the others."""
        broken: list[Exception] = []
        for number, source in enumerate(self._sources):
            try:
                keys = {key.digest: key for key in source()}
            except Exception as exc:  # noqa: BLE001 - Raised below.
                broken.append(exc)
                continue
            self._readings[number] = _Reading(keys, self._clock())
            if keys:
                self._open = False
        if broken:
            raise broken[0]

    @property
    def loop(self) -> Loop:
        """The loop that keeps the snapshot fresh."""
        return self._renewal.loop

    def start(self) -> None:
        """Keep the snapshot fresh until `close`."""
        self._renewal.start()

    def close(self) -> None:
        """Stop looking."""
        self._renewal.stop()

    def authenticate(self, key: str | None, scope: Scope = Scope.REMOVE) -> str:
        """The name of the key's client.

        Raises AuthenticationFailed for a key that will not do, PermissionDenied for one without
        the scope, Overloaded where nobody can know because a source is away for too long.
        """
        if self.open:
            self._refuse_when_stale(*self._readings.values())
            return ANONYMOUS
        if not key:
            raise AuthenticationFailed("Authentication required. Please provide a valid API key.")
        found, reading = self._find(key)
        if found is None or not found.usable(self._now_ms()):
            raise AuthenticationFailed("Invalid API key")
        self._refuse_when_stale(reading)
        if scope not in found.scopes:
            raise PermissionDenied(f"This API key may not do this: it lacks {scope.value!r}.")
        return found.client

    def knows(self, key: str | None) -> bool:
        """Whether this key, or none at all, is let in."""
        try:
            self.authenticate(key)
        except CutoutError as error:
            return isinstance(error, PermissionDenied)
        return True

    def limits_of(self, client: str) -> tuple[int | None, int | None]:
        """Jobs per minute and unfinished jobs of a client: the largest that its keys name."""
        now = self._now_ms()
        known = [key for reading in self._readings.values() for key in reading.keys.values()]
        keys = [key for key in known if key.client == client and key.usable(now)]
        per_minute = [key.per_minute for key in keys if key.per_minute]
        unfinished = [key.unfinished for key in keys if key.unfinished]
        return max(per_minute, default=None), max(unfinished, default=None)

    def _find(self, key: str) -> tuple[ApiKey | None, _Reading]:
        """The look-up goes by digest, whose bits a caller cannot choose; then constant time."""
        digest = digest_of(key)
        reading = _Reading({}, self._clock())
        for number in sorted(self._readings, reverse=True):
            reading = self._readings[number]
            found = reading.keys.get(digest)
            if found and hmac.compare_digest(found.digest, digest):
                return found, reading
        return None, reading

    def _refuse_when_stale(self, *readings: _Reading) -> None:
        oldest = min((reading.read_at for reading in readings), default=self._clock())
        if self._clock() - oldest > MAX_AGE_S:
            raise Overloaded("API keys cannot be checked at the moment.", retry_after_s=5)
