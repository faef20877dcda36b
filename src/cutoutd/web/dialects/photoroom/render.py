"""Images and errors in this vendor's words."""

from fastapi import Request
from fastapi.responses import JSONResponse

from cutoutd.errors import AuthenticationFailed, CutoutError, Overloaded
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import Made

NAME = "photoroom"
STATUSES: StatusTable = {AuthenticationFailed: 403, Overloaded: 429}


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's `detail`, `status_code` and `type`."""
    status = status_of(error, STATUSES, too_large=400)
    body = {"detail": error.message, "status_code": status, "type": error.code}
    return JSONResponse(body, status, headers_of(error))


def headers_about(made: Made) -> dict[str, str]:
    """Where the subject is, in px."""
    left, top, width, height = made.foreground
    headers = {"X-Foreground-Top": str(top), "X-Foreground-Left": str(left)}
    headers |= {"X-Foreground-Width": str(width), "X-Foreground-Height": str(height)}
    headers["X-Uncertainty-Score"] = "-1"  # As the vendor says: not available.
    return headers
