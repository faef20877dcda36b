"""Complaints about a request as FastAPI words them, for vendors whose servers are FastAPI's."""

from typing import Any

from pydantic import ValidationError

from cutoutd.errors import InvalidRequest


def details_of(error: InvalidRequest, *, place: str = "body") -> list[dict[str, Any]]:
    """One entry per complaint: `loc`, `msg`, `type`. `place` is `body` or `query`."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return [
            {"loc": [place, *found["loc"]], "msg": found["msg"], "type": found["type"]}
            for found in cause.errors(include_url=False, include_context=False, include_input=False)
        ]
    where = [place, error.field] if error.field else [place]
    return [{"loc": where, "msg": error.message, "type": "value_error"}]
