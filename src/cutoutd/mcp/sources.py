"""Where the image of a call comes from: a file below the roots, a URL, or base64."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.mcp.roots import Roots
from cutoutd.net.fetch import Fetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Reads images within the limits of this machine's settings."""

    roots: Roots
    fetcher: Fetcher
    max_bytes: int

    def read(
        self, *, path: str | None, url: str | None, text: str | None
    ) -> tuple[Path | None, bytes]:
        """The bytes of the one image that is given, and its place if it is a file.

        Not to be called from a thread that runs an event loop. Raises InvalidRequest,
        SourceRejected, SourceUnreachable.
        """
        if sum(one is not None for one in (path, url, text)) != 1:
            raise InvalidRequest("Give exactly one of path, url and base64.", field="path")
        if path is not None:
            return self.roots.read(path, max_bytes=self.max_bytes)
        return None, self.fetcher.fetch(url) if url is not None else self._decoded(text or "")

    def _decoded(self, text: str) -> bytes:
        text = text.partition(",")[2] if text.startswith("data:") else text
        if len(text) > self.max_bytes * 4 // 3 + 4:
            raise SourceRejected(
                f"base64: the image has more than the {self.max_bytes / 1e6:g} MB allowed.",
                reason="too_many_bytes",
                field="base64",
            )
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error as error:
            raise InvalidRequest("base64: this is not base64.", field="base64") from error
