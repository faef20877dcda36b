"""Pydantic's complaints about a request: as one sentence, and as FastAPI words them."""

import re
from typing import Any, Final

from fastapi.responses import JSONResponse
from pydantic import ValidationError

from cutoutd.errors import CutoutError, InvalidRequest
from cutoutd.web.statuses import headers_of

_CLASS: Final = re.compile(r"a valid dictionary or instance of \w+|an instance of \w+")


def as_fastapi(error: CutoutError, status: int, *, place: str = "body") -> JSONResponse:
    """FastAPI's own answer: a list of complaints with 422, otherwise one sentence.

    place: where the fields are, `body` or `query`.
    """
    detail: str | list[dict[str, Any]] = error.message
    if isinstance(error, InvalidRequest) and status == 422:
        detail = _complaints(error, place)
    return JSONResponse({"detail": detail}, status, headers_of(error))


def invalid_from(errors: Any) -> InvalidRequest:
    """The first of pydantic's complaints as one sentence that names the field."""
    first = errors[0]
    path = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    name = path[0] if path else None
    if first["type"] == "missing" and path:
        return InvalidRequest(f"{'.'.join(path)} is required.", field=name)
    reason = unclassed(str(first["msg"])).removeprefix("Value error, ")
    reason = re.sub("^Input should be ", "must be ", reason)
    return InvalidRequest(f"{'.'.join(path)}: {reason}" if path else reason, field=name)


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


def unclassed(message: str) -> str:
    """Pydantic's message without the names of our classes, which mean nothing to a caller."""
    return _CLASS.sub("an object", message)
