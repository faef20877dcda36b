"""A body as it arrived: pieces, held and not read until a caller may have them read."""

from dataclasses import dataclass, field

from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.net.unpack import Body, Damaged, TooManyBytes


@dataclass(slots=True, kw_only=True)
class ReceivedBody:
    """The pieces of a body, perhaps compressed in one layer."""

    limit: int
    """Bytes that it may have, unpacked."""
    packed: bool
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def work(self) -> int:
        """Bytes that reading it may have to do with."""
        return self.limit if self.packed else self.size

    def first(self, size: int) -> bytes:
        """Its beginning, as it arrived."""
        end, here = 0, 0
        while end < len(self.pieces) and here < size:
            here += len(self.pieces[end])
            end += 1
        return b"".join(self.pieces[:end])[:size]

    def last(self, size: int) -> bytes:
        """Its end, as it arrived."""
        end, here = len(self.pieces), 0
        while end and here < size:
            end -= 1
            here += len(self.pieces[end])
        return b"".join(self.pieces[end:])[-size:]

    def whole(self) -> bytes:
        """All of it, unpacked; the pieces are let go.

        Raises InvalidRequest if it is damaged, SourceRejected for too many bytes.
        """
        pieces, self.pieces = self.pieces, []
        if not self.packed:
            return b"".join(pieces)
        body = Body(limit=self.limit, unpack=True)
        try:
            for piece in pieces:
                body.add(piece)
            return body.whole()
        except TooManyBytes as error:
            raise SourceRejected(
                f"The request is larger than {self.limit / 1_000_000:.3g} MB; "
                "send a smaller image.",
                reason="too_many_bytes",
            ) from error
        except Damaged as error:
            raise InvalidRequest("The body is no whole gzip or deflate stream.") from error
