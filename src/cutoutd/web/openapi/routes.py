"""What a route needs, read from its dependencies: who calls, and which body it reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from fastapi.dependencies.models import Dependant

from cutoutd.web.bodies import BodyOf
from cutoutd.web.callers import Caller
from cutoutd.web.operate import may_operate

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one route asks of its callers."""

    key: bool
    body: BodyOf[Any] | None
    path: bool
    """Whether something in the path may not be there."""
    parameters: bool
    idempotent: bool
    """Whether it takes an idempotency key."""


def needs_of(dependant: Dependant) -> Needs:
    """Read off the route's own dependencies, so that it cannot be stated wrongly."""
    every = list(_flat(dependant))
    calls = [one.call for one in every if one.call is not None]
    headers = [field.alias for one in every for field in one.header_params]
    return Needs(
        key=any(call is may_operate or _gives_caller(call) for call in calls),
        body=next((call for call in calls if isinstance(call, BodyOf)), None),
        path=bool(dependant.path_params),
        parameters=any(one.query_params for one in every) or bool(headers),
        idempotent="idempotency-key" in headers,
    )


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _flat(one)
    yield dependant


def _gives_caller(call: Any) -> bool:
    if isinstance(call, BodyOf):
        return False
    return get_type_hints(call).get("return") is Caller
