"""Pydantic's complaints about a request: as one sentence, and as FastAPI words them."""

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


def invalid_from(errors: Any) -> InvalidRequest:
    """The first of pydantic's complaints as one sentence that names the field."""
    first = errors[0]
    path = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
    name = path[0] if path else None
    reason = str(first["msg"]).removeprefix("Value error, ")
    return InvalidRequest(f"{'.'.join(path)}: {reason}" if path else reason, field=name)
