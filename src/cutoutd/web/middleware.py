"""What happens to every request before a route sees it. Plain ASGI, so nothing is buffered."""

import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutoutd.errors import CutoutError, Overloaded, PermissionDenied, SourceRejected
from cutoutd.web.depends import context_of
from cutoutd.web.dialects import dialect_of
from cutoutd.web.dialects.base import Dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.origins import OriginPolicy
from cutoutd.web.state import state_of
from cutoutd.web.upload_budget import Reservation, UploadBudget

PROBES = frozenset(("/livez", "/readyz"))
"""Asked by address, whatever that is; they show nothing that a page could use."""
_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_SLASHES = re.compile("/{2,}")


class CollapseSlashes:
    """`//fetch/7` means `/fetch/7`: some clients join a base URL and a path carelessly."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path mended."""
        if scope["type"] == "http" and "//" in scope["path"]:
            path = _SLASHES.sub("/", scope["path"])
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


class BodyLimit:
    """Refuses a body over the limit: by its announced length, or when too much has arrived.

    All bodies together draw on one budget, so that many at once cannot fill the memory; each
    takes of it what has arrived.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        budget: UploadBudget,
        dialects: tuple[Dialect, ...],
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.budget = budget
        self.dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what arrives."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > self.max_bytes:
            await self._refuse(self._too_large(), scope, receive, send)
            return
        try:
            with self.budget.reservation() as reservation:
                state_of(scope).room = reservation
                await self.app(scope, self._counted(receive, reservation), send)
        except Overloaded as exc:
            await self._refuse(exc, scope, receive, send)

    def _counted(self, receive: Receive, reservation: Reservation) -> Receive:
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.max_bytes:
                raise self._too_large()
            reservation.grow_to(arrived)
            return message

        return counted

    async def _refuse(self, error: CutoutError, scope: Scope, receive: Receive, send: Send) -> None:
        await _refused(error, scope, self.dialects)(scope, receive, send)

    def _too_large(self) -> SourceRejected:
        return SourceRejected(
            f"The request is larger than {self.max_bytes / 1_000_000:.3g} MB; "
            "send a smaller image.",
            reason="too_many_bytes",
        )


class GuardOrigins:
    """Refuses what a foreign page sends to a server without keys, and notes it where there are."""

    def __init__(
        self, app: ASGIApp, *, policy: OriginPolicy, dialects: tuple[Dialect, ...]
    ) -> None:
        self.app = app
        self.policy = policy
        self.dialects = dialects
        self.acting = frozenset(path for one in dialects for path in one.acts_on_get)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it comes from elsewhere and nobody asks it for a key."""
        if scope["type"] == "http" and (why := self._refusal(scope)):
            await _refused(PermissionDenied(why), scope, self.dialects)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        request = Request(scope)
        context, headers = context_of(request), request.headers
        foreign = self.policy.is_foreign(headers, context.options.links.base_for(request))
        state_of(scope).foreign_page = foreign
        if not context.clients.open or scope["path"] in PROBES:
            return None
        if "host" in headers and not self.policy.is_ours(headers["host"]):
            return (
                "Without API keys this server answers only to its own names, like localhost. "
                "CUTOUTD_PUBLIC_URL or CUTOUTD_ALLOWED_HOSTS names others."
            )
        if foreign and not self._only_reads(scope):
            return (
                "Without API keys no page of another address may do this here. "
                "CUTOUTD_CORS_ORIGINS allows its origin."
            )
        return None

    def _only_reads(self, scope: Scope) -> bool:
        return scope["method"] in _READS and scope["path"] not in self.acting


class SecurityHeaders:
    """Headers that make a browser treat every answer as what it says it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers that its answer lacks."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("X-Frame-Options", "DENY")
                for name, value in _quota_headers(scope).items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


def _refused(error: CutoutError, scope: Scope, dialects: tuple[Dialect, ...]) -> Response:
    """The error in the shape of the dialect whose path it is, before the body is read."""
    dialect = dialect_of(scope["path"], dialects)
    render = dialect.render_error if dialect else render_problem
    state_of(scope).error_code = error.code
    response = render(Request(scope), error)
    response.headers["Connection"] = "close"  # The body will not be read.
    return response


def _quota_headers(scope: Scope) -> dict[str, str]:
    """What the caller has left of its jobs, if it was authenticated and has a limit."""
    client = state_of(scope).client
    if client is None:
        return {}
    quota = context_of(Request(scope)).quotas.last(client)
    return quota.headers(time.time()) if quota else {}
