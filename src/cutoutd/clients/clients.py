"""The clients that may call: a presented API key becomes the name of a client."""

import hmac
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cutoutd.clients.keys import ApiKey, KeySource, Scope, digest_of
from cutoutd.errors import AuthenticationFailed, CutoutError

ANONYMOUS: Final = "anonymous"
REFRESH_S: Final = 2.0
_log = logging.getLogger(__name__)


class Clients:
    """The clients that may call, as a picture of all key sources a moment ago.

    Requests only ever look at the picture; a thread renews it, so that a key that was revoked
    stops working everywhere within seconds, and a slow database delays nobody.

    Whether callers without a key are let in is decided once, by who makes this: the first key
    that is seen ends it for good, and nothing that is missing ever begins it again.
    """

    def __init__(
        self, sources: Sequence[KeySource], *, now_ms: Callable[[], int], anonymous: bool = False
    ) -> None:
        """anonymous: everybody is the client `anonymous`, until a key exists."""
        self._sources = sources
        self._now_ms = now_ms
        self._open = anonymous
        self._keys: Mapping[bytes, ApiKey] = MappingProxyType({})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="keys", daemon=True)
        self.refresh()

    @property
    def open(self) -> bool:
        """True while everybody may call."""
        return self._open

    def refresh(self) -> None:
        """Read all sources again."""
        self._keys = MappingProxyType(
            {key.digest: key for source in self._sources for key in source()}
        )
        if self._keys:
            self._open = False

    def start(self) -> None:
        """Keep the picture fresh until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def authenticate(self, key: str | None, scope: Scope = Scope.REMOVE) -> str:
        """The name of the key's client. Raises AuthenticationFailed for a key that will not do."""
        if self.open:
            return ANONYMOUS
        if not key:
            raise AuthenticationFailed("Authentication required. Please provide a valid API key.")
        found = self._find(key)
        if found is None or not found.usable(self._now_ms()):
            raise AuthenticationFailed("Invalid API key")
        if scope not in found.scopes:
            raise AuthenticationFailed(f"This API key may not do this: it lacks {scope.value!r}.")
        return found.client

    def limits_of(self, client: str) -> tuple[int | None, int | None]:
        """Jobs per minute and unfinished jobs of a client: the largest that its keys name."""
        now = self._now_ms()
        keys = [key for key in self._keys.values() if key.client == client and key.usable(now)]
        per_minute = [key.per_minute for key in keys if key.per_minute]
        unfinished = [key.unfinished for key in keys if key.unfinished]
        return max(per_minute, default=None), max(unfinished, default=None)

    def _find(self, key: str) -> ApiKey | None:
        """The look-up goes by digest, whose bits a caller cannot choose; then constant time."""
        digest = digest_of(key)
        found = self._keys.get(digest)
        return found if found and hmac.compare_digest(found.digest, digest) else None

    def _renew(self) -> None:
        while not self._stopping.wait(REFRESH_S):
            try:
                self.refresh()
            except CutoutError as exc:
                _log.warning("the API keys of a moment ago stay in force: %s", exc.message)
