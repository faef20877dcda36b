"""Our own error answer, for paths that are no vendor's: `application/problem+json` (RFC 9457)."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    JobCancelled,
    NotFound,
    Overloaded,
    PermissionDenied,
    RequestConflict,
    SourceRejected,
    SourceUnreachable,
)

_STATUS: tuple[tuple[type[CutoutError], int], ...] = (
    (RequestConflict, 409),
    (SourceRejected, 422),
    (InvalidRequest, 400),
    (PermissionDenied, 403),
    (AuthenticationFailed, 401),
    (NotFound, 404),
    (SourceUnreachable, 424),
    (Overloaded, 503),
    (JobCancelled, 409),
)


def status_of(error: CutoutError) -> int:
    """The HTTP status that our own API gives an error."""
    if isinstance(error, SourceRejected) and error.reason == "too_many_bytes":
        return 413
    if isinstance(error, SourceRejected) and error.reason in ("not_an_image", "unsupported_format"):
        return 415
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def render_problem(_: Request, error: CutoutError, *, status: int | None = None) -> JSONResponse:
    """The error as problem details; `code` is stable, `detail` is for people."""
    status = status or status_of(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": error.message,
        "code": error.code,
    }
    if isinstance(error, InvalidRequest) and error.field:
        body["field"] = error.field
    if isinstance(error, SourceRejected):
        body["reason"] = error.reason
    headers = {}
    if isinstance(error, Overloaded):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        body, status_code=status, headers=headers, media_type="application/problem+json"
    )
