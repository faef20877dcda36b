"""What a dialect is: a vendor's routes, and how that vendor words an error and a webhook.

A dialect is values, not a class to inherit from. Adding a vendor is one module that ends in
`DIALECT = Dialect(...)` and one line in `cutoutd.web.dialects.ALL`.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from cutoutd.errors import CutoutError, InvalidRequest, MethodNotAllowed, ProcessingFailed
from cutoutd.jobs.model import Job
from cutoutd.options.refusal import invalid_from
from cutoutd.web.links import Links
from cutoutd.web.state import state_of

log = logging.getLogger(__name__)

EXPECTED = (CutoutError, RequestValidationError, HTTPException)
"""What routes and the web framework raise on purpose."""

RenderError = Callable[[Request, CutoutError], Response]
RenderWebhook = Callable[[Job, Links], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's wire format."""

    name: str
    router: APIRouter
    prefixes: tuple[str, ...]
    """Paths below these are this vendor's, also where no route answers (404, 405, limits)."""
    render_error: RenderError
    acts_on_get: tuple[str, ...] = ()
    """Paths where a GET does more than read."""
    render_webhook: RenderWebhook | None = None
    """None for a vendor that has no webhooks."""
    schemas: tuple[type[BaseModel], ...] = field(default=())
    """What requests are read as: the tables of parameters in the documentation."""
    security: tuple[str, ...] = ("bearer", "apiKey")
    """How its clients show their key, by the names of `web.openapi.security.SCHEMES`."""


def in_dialect(render_error: RenderError) -> type[APIRoute]:
    """A route class whose every failure leaves through the vendor's own error envelope."""

    class DialectRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_in_dialect(request: Request) -> Response:
                try:
                    return await handle(request)
                except Exception as error:
                    if not isinstance(error, EXPECTED):
                        log.exception("unexpected error in %s", request.url.path)
                    known = as_cutout_error(error)
                state_of(request.scope).error_code = known.code  # For the log and the metrics.
                return render_error(request, known)

            return handle_in_dialect

    return DialectRoute


def as_cutout_error(error: Exception) -> CutoutError:
    """The member of our tree that any exception stands for: one of the web framework's, a bug."""
    if isinstance(error, CutoutError):
        return error
    if isinstance(error.__cause__, CutoutError):  # Raised while the framework read the body.
        return error.__cause__
    if isinstance(error, RequestValidationError):
        return invalid_from(error.errors())
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodNotAllowed((error.headers or {}).get("Allow", ""))
    if isinstance(error, HTTPException):
        return InvalidRequest(str(error.detail))
    return ProcessingFailed("Internal server error.")
