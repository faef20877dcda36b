"""Who calls: this vendor's clients put the key in the body, a header, the query, or two of them."""

from typing import Annotated

from fastapi import Depends, Request

from cutoutd.clients.clients import Clients
from cutoutd.errors import AuthenticationFailed
from cutoutd.web.bodies import read_body
from cutoutd.web.callers import Caller, admitted
from cutoutd.web.context import ContextDep, LinksDep
from cutoutd.web.presented_key import LOOKED_AT, keys_in_body, presented_key
from cutoutd.web.state import RequestState, state_of


async def caller_of(request: Request, context: ContextDep, links: LinksDep) -> Caller:
    """The caller, by a key in its headers or query, or else in its body.

    The body of a stranger is held and not read: a key is looked for in its first and its last
    64 kB, and what is between takes of the little room that strangers share.
    Raises AuthenticationFailed.
    """
    key = presented_key(request)
    try:
        client = context.clients.authenticate(key)
    except AuthenticationFailed as refusal:
        state = state_of(request.scope)
        search = _Search(context.clients, state)
        state.body = await read_body(request, search.look)
        search.look_at_the_end(state.body)
        if search.client is None:
            raise search.refusal or refusal from None
        client = search.client
    return admitted(client, request, context, links)


class _Search:
    """Looks for a good key in a body while it arrives."""

    def __init__(self, clients: Clients, state: RequestState) -> None:
        self.client: str | None = None
        self.refusal: AuthenticationFailed | None = None
        self._clients = clients
        self._state = state
        self._looked = False

    def look(self, body: bytearray) -> None:
        """Once the first 64 kB are there."""
        if not self._looked and len(body) >= LOOKED_AT:
            self._looked = True
            self._try(bytes(body[:LOOKED_AT]))

    def look_at_the_end(self, body: bytes) -> None:
        """When all of it is there."""
        if self.client is None:
            self._try(body[-LOOKED_AT:])

    def _try(self, window: bytes) -> None:
        for key in keys_in_body(window):
            try:
                self.client = self._clients.authenticate(key)
            except AuthenticationFailed as refusal:
                self.refusal = refusal
            else:
                if self._state.room is not None:
                    self._state.room.trust()
                return


CallerDep = Annotated[Caller, Depends(caller_of)]
