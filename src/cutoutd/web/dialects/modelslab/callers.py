"""Who calls: this vendor's clients put the key in the body, a header, the query, or two of them."""

from typing import Annotated

from fastapi import Depends, Request

from cutoutd.web.bodies import body_of
from cutoutd.web.callers import Caller, caller_with
from cutoutd.web.context import ContextDep, LinksDep
from cutoutd.web.dialects.modelslab.schemas import ClientFields
from cutoutd.web.presented_key import presented_key


def caller_of(
    body: Annotated[ClientFields, Depends(body_of(ClientFields))],
    request: Request,
    context: ContextDep,
    links: LinksDep,
) -> Caller:
    """The caller. Raises AuthenticationFailed."""
    return caller_with(presented_key(request, body.key), request, context, links)


CallerDep = Annotated[Caller, Depends(caller_of)]
