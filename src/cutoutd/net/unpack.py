"""Bodies that come compressed: one layer, and never more bytes than were agreed.

A few hundred bytes can stand for gigabytes, and some of them for more in a second layer. What a
piece unpacks to is therefore bounded while it is unpacked, not looked at afterwards.
"""

import zlib
from typing import Final

_GZIP_OR_ZLIB: Final = 47
"""zlib's word for either header, with the largest window."""
UNPACKED: Final = frozenset(("gzip", "x-gzip", "deflate"))
NOT_UNPACKED: Final = frozenset(("br", "zstd", "compress", "x-compress", "dcb", "dcz"))
"""Real encodings that we read nowhere."""


class TooManyBytes(ValueError):
    """More bytes than agreed."""


class Damaged(ValueError):
    """What came is not whole, or not what it said."""


def encodings_of(header: str) -> tuple[str, ...]:
    """The layers that a Content-Encoding header names, but for `identity`."""
    words = (word.strip() for word in header.lower().split(","))
    return tuple(word for word in words if word not in ("", "identity"))


class Body:
    """Collects a body piece by piece, unpacked, up to `limit` bytes."""

    def __init__(self, *, limit: int, unpack: bool) -> None:
        self._limit = limit
        self._data = bytearray()
        self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB) if unpack else None

    def __len__(self) -> int:
        return len(self._data)

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TooManyBytes beyond the limit, or Damaged."""
        room = self._limit - len(self._data)
        if self._unpacker is not None:
            try:
                piece = self._unpacker.decompress(piece, room + 1)
            except zlib.error as error:
                raise Damaged from error
        if len(piece) > room:
            raise TooManyBytes
        self._data += piece

    def whole(self) -> bytes:
        """All of it. Raises Damaged if a compressed body ended too soon."""
        if self._unpacker is not None and not self._unpacker.eof:
            raise Damaged
        return bytes(self._data)
