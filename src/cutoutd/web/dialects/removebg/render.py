"""Images and errors in this vendor's words."""

import time
from math import ceil

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from cutoutd.clients.quotas import Quota
from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.web.depends import context_of
from cutoutd.web.dialects.removebg.refusal import Refusal
from cutoutd.web.state import state_of
from cutoutd.web.statuses import StatusTable, headers_of, nearest, status_of
from cutoutd.web.synchronous import Made

PLENTY = 1_000_000
"""Nothing is charged, and where there is no limit nothing runs out."""

_SOURCE: dict[str, tuple[str, str]] = {
    "too_many_bytes": ("file_too_large", "File too large"),
    "too_many_pixels": ("resolution_too_high", "Resolution too high"),
    "unsupported_format": ("invalid_file_type", "File type not supported"),
    "not_an_image": ("invalid_file_type", "File type not supported"),
    "forbidden_address": ("invalid_image_url", "Invalid image URL"),
}
_UNREADABLE = ("failed_to_read_image", "Failed to read image")

_FIELD: dict[str, tuple[str, str]] = {
    "image_url": ("invalid_image_url", "Invalid image URL"),
    "bg_image_url": ("invalid_bg_image_url", "Invalid background image URL"),
    "image_file_b64": ("failed_to_read_image", "Failed to read image"),
    "region": ("roi_exceeds_bounds", "Region of interest exceeds the image's bounds"),
}

STATUSES: StatusTable = {AuthenticationFailed: 403, Overloaded: 429}
_OTHER: dict[type[CutoutError], tuple[str, str]] = {
    SourceUnreachable: ("failed_image_download", "Failed to download image"),
    AuthenticationFailed: ("auth_failed", "API Key invalid"),
    NotFound: ("not_found", "Not found"),
    Overloaded: ("rate_limit_exceeded", "Rate limit exceeded"),
}


class RemoveBgResult(BaseModel):
    """The image, and where in it the subject is, in px."""

    result_b64: str
    foreground_top: int
    foreground_left: int
    foreground_width: int
    foreground_height: int


class RemoveBgResponse(BaseModel):
    """What who asks for JSON is answered."""

    data: RemoveBgResult


def render_error(request: Request, error: CutoutError) -> JSONResponse:
    """The vendor's list of one error."""
    status = status_of(error, STATUSES, too_large=400)
    code, title = _described(error)
    body = {"errors": [{"title": title, "code": code, "detail": error.message}]}
    client = state_of(request.scope).client
    quota = context_of(request).quotas.last(client) if client else None
    return JSONResponse(body, status, {**rate_headers(quota), **headers_of(error)})


def _described(error: CutoutError) -> tuple[str, str]:
    if isinstance(error, SourceRejected):
        return _SOURCE.get(error.reason, _UNREADABLE)
    if isinstance(error, Refusal):
        return error.slug, error.title
    if isinstance(error, InvalidRequest):
        return _invalid(error)
    return nearest(error, _OTHER, ("internal_error", "Internal error"))


def _invalid(error: InvalidRequest) -> tuple[str, str]:
    field = error.field or "request"
    return _FIELD.get(field, (f"invalid_{field}", f"Invalid parameter {field}"))


def rate_headers(quota: Quota | None) -> dict[str, str]:
    """What a client has left, under the vendor's names; plenty where nothing is limited.

    Always there: the vendor's Ruby client reads them without looking.
    """
    if quota is None:
        quota = Quota(PLENTY, PLENTY, resets_at=time.time() + 60)
    return {
        "X-RateLimit-Limit": str(quota.per_minute),
        "X-RateLimit-Remaining": str(quota.remaining),
        "X-RateLimit-Reset": str(ceil(quota.resets_at)),
    }


def render_image(made: Made, *, subject: str | None, quota: Quota | None, json: bool) -> Response:
    """The file itself, or JSON for a caller that prefers it; where the subject is, in both."""
    left, top, width, height = made.foreground
    headers = {
        "X-Credits-Charged": "0",
        "X-Width": str(made.artifact.width),
        "X-Height": str(made.artifact.height),
        "X-Foreground-Top": str(top),
        "X-Foreground-Left": str(left),
        "X-Foreground-Width": str(width),
        "X-Foreground-Height": str(height),
        **({"X-Type": subject} if subject else {}),
        **rate_headers(quota),
    }
    if not json:
        return Response(made.data, media_type=made.artifact.media_type, headers=headers)
    shown = RemoveBgResult(
        result_b64=made.base64,
        foreground_top=top,
        foreground_left=left,
        foreground_width=width,
        foreground_height=height,
    )
    return JSONResponse(RemoveBgResponse(data=shown).model_dump(), headers=headers)
