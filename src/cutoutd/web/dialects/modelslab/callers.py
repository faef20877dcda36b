"""Who calls: this vendor's clients put the key in the body, a header, the query, or two of them."""

from typing import Annotated

from fastapi import Depends, Request

from cutoutd.clients.clients import Clients
from cutoutd.errors import AuthenticationFailed
from cutoutd.net.unpack import encodings_of
from cutoutd.web.bodies import receive_body
from cutoutd.web.callers import Caller, admitted
from cutoutd.web.depends import ContextDep, LinksDep
from cutoutd.web.presented_key import LOOKED_AT, keys_in_body, presented_key
from cutoutd.web.received import ReceivedBody
from cutoutd.web.state import RequestState, state_of


async def caller_of(request: Request, context: ContextDep, links: LinksDep) -> Caller:
    """The caller, by a key in its headers or query, or else in its body.

    The body of a stranger is held and not read: a key is looked for in its first and its last
    64 kB, and what is between takes of the little room that strangers share. A compressed one is
    not looked into. Raises AuthenticationFailed.
    """
    try:
        client = context.clients.authenticate(presented_key(request))
    except AuthenticationFailed as refusal:
        if encodings_of(request.headers.get("content-encoding", "")):
            raise
        search = _Search(context.clients, state_of(request.scope))
        await search.receive(request)
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

    async def receive(self, request: Request) -> None:
        """The whole body, looking at its first 64 kB when they are there, and at its end."""
        body = self._state.body = await receive_body(request, self._look)
        if self.client is None:
            self._try(body.last(LOOKED_AT))

    def _look(self, body: ReceivedBody) -> None:
        if not self._looked and body.size >= LOOKED_AT:
            self._looked = True
            self._try(body.first(LOOKED_AT))

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
