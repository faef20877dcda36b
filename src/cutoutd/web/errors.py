"""Our own error answer, for paths that are no vendor's: `application/problem+json` (RFC 9457)."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from cutoutd.errors import (
    CutoutError,
    Gone,
    InvalidRequest,
    JobCancelled,
    RequestConflict,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.web.statuses import StatusTable, headers_of, status_of

STATUSES: StatusTable = {
    RequestConflict: 409,
    SourceRejected: 422,
    Gone: 410,
    SourceUnreachable: 424,
    JobCancelled: 409,
}


def _status_of(error: CutoutError) -> int:
    if isinstance(error, SourceRejected) and error.reason in ("not_an_image", "unsupported_format"):
        return 415
    return status_of(error, STATUSES)


def render_problem(_: Request, error: CutoutError, *, status: int | None = None) -> JSONResponse:
    """The error as problem details; `code` is stable, `detail` is for people."""
    status = status or _status_of(error)
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
    return JSONResponse(body, status, headers_of(error), "application/problem+json")
