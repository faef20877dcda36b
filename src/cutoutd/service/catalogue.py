"""Which models a request may name."""

from cutoutd.segmentation.models import Registry
from cutoutd.segmentation.sessions import Sessions
from cutoutd.service.threads import StoreThreads


class Catalogue:
    """The models of this server as requests see them: names, and what is usable."""

    def __init__(self, sessions: Sessions, threads: StoreThreads) -> None:
        self._sessions = sessions
        self._threads = threads

    @property
    def registry(self) -> Registry:
        """Every model that is known by name."""
        return self._sessions.registry

    async def usable(self, name: str) -> bool:
        """Whether a request may name this model: it is known, permitted, and here."""
        return await self._threads.call(self._sessions.usable, name)
