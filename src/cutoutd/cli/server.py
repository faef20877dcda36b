"""The HTTP server of `cutoutd serve`, with a shutdown in two stages."""

import threading
from types import FrameType

import uvicorn

from cutoutd.server.wiring import Server


class TwoStageServer(uvicorn.Server):
    """The first signal finishes what runs; the second answers everybody now and gives it back.

    uvicorn's own second SIGINT would leave without closing anything, and after a stop it would
    raise the signal again, so that a clean stop looked like a death.
    """

    def __init__(self, config: uvicorn.Config, server: Server) -> None:
        super().__init__(config)
        self._server = server

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - Either one.
        """Called by Python for SIGINT and SIGTERM, between two steps of the main thread."""
        if self.should_exit:
            # In a thread, because the main one may hold what this takes.
            threading.Thread(target=self._server.stop_now, daemon=True).start()
            return
        self.should_exit = True
