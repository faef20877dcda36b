"""Around every request: an id, one log line, and the numbers for the metrics."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutoutd.logs import request_id
from cutoutd.web.metrics import Metrics
from cutoutd.web.state import state_of

log = logging.getLogger("cutoutd.requests")

ID_HEADER: Final = "X-Request-Id"
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_QUIET: Final = frozenset(("/livez", "/readyz", "/metrics"))
"""Asked so often that a line for each would bury the rest; DEBUG shows them."""


class ObserveRequests:
    """The outermost middleware; which API a request belongs to is `api_of(path)`'s word."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, api_of: Callable[[str], str]) -> None:
        self.app = app
        self.metrics = metrics
        self.api_of = api_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and look at its answer's status."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = state_of(scope)
        status, started, given = 500, perf_counter(), identity(scope)
        token = request_id.set(given)

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).setdefault(ID_HEADER, given)
            await send(message)

        self.metrics.begin_request()
        try:
            await self.app(scope, receive, watched)
        finally:
            self._record(scope, status, state.error_code, perf_counter() - started)
            request_id.reset(token)

    def _record(self, scope: Scope, status: int, code: str | None, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        path, api = scope["path"], self.api_of(scope["path"])
        self.metrics.end_request(api=api, method=method, status=status, code=code, seconds=seconds)
        log.log(
            logging.DEBUG if path in _QUIET else logging.INFO,
            "%s %s %d %.1f ms%s",
            method,
            path[:200],
            status,
            seconds * 1000,
            f" {code}" if code else "",
            extra={"api": api, "status": status, "code": code, "ms": round(seconds * 1000, 1)},
        )


def identity(scope: Scope) -> str:
    """The caller's own id for the request if it is a plain word, otherwise a new one."""
    given = Headers(scope=scope).get(ID_HEADER, "")
    return given if _GIVEN_ID.fullmatch(given) else uuid4().hex[:16]
