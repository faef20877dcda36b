"""What is learnt of a request on its way, for those who answer it and those who record it."""

from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from cutoutd.web.received import ReceivedBody
from cutoutd.web.upload_budget import Reservation

_KEY: Final = "cutoutd"


@dataclass(slots=True)
class RequestState:
    """Nothing is known at first."""

    client: str | None = None
    """Whose key it presented."""
    room: Reservation | None = None
    """What its body takes of the memory for bodies."""
    body: ReceivedBody | None = None
    """Where it was received already, to find the key of its sender."""
    foreign_page: bool = False
    """Whether a browser sent it for a page of another origin that CORS does not allow."""
    error_code: str | None = None
    """Of the error that its answer says, whatever the HTTP status."""


def state_of(scope: Scope) -> RequestState:
    """The one state of a request; the middlewares and the route share it."""
    state: RequestState = scope.setdefault("state", {}).setdefault(_KEY, RequestState())
    return state
