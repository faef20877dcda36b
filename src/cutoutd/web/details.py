"""Pydantic's complaints about a request: as one sentence, and as FastAPI words them."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import ValidationError

from cutoutd.errors import CutoutError, InvalidRequest
from cutoutd.options.refusal import unclassed
from cutoutd.web.statuses import headers_of


def as_fastapi(error: CutoutError, status: int, *, place: str = "body") -> JSONResponse:
    """FastAPI's own answer: a list of complaints with 422, otherwise one sentence.

    place: where the fields are, `body` or `query`.
    """
    detail: str | list[dict[str, Any]] = error.message
    if isinstance(error, InvalidRequest) and status == 422:
        detail = _complaints(error, place)
    return JSONResponse({"detail": detail}, status, headers_of(error))


def _complaints(error: InvalidRequest, place: str) -> list[dict[str, Any]]:
    """One entry for each: `loc`, `msg`, `type`."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return [
            {"loc": [place, *found["loc"]], "msg": unclassed(found["msg"]), "type": found["type"]}
            for found in cause.errors(include_url=False, include_context=False, include_input=False)
        ]
    where = [place, error.field] if error.field else [place]
    return [{"loc": where, "msg": error.message, "type": "value_error"}]
