"""What is learnt of a request on its way, for those who answer it and those who record it."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Scope

_KEY: Final = "cutoutd"


@dataclass(slots=True)
class RequestState:
    """Nothing is known at first."""

    client: str | None = None
    """Whose key it presented."""
    fields: dict[str, Any] | None = None
    """Of its query and its body, which can be read only once."""
    error_code: str | None = None
    """Of the error that its answer says, whatever the HTTP status."""


def state_of(scope: Scope) -> RequestState:
    """The one state of a request; the middlewares and the route share it."""
    state: RequestState = scope.setdefault("state", {}).setdefault(_KEY, RequestState())
    return state
