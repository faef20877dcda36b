import gzip

import pytest

from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.web.received import ReceivedBody


def received(*pieces: bytes, packed: bool = False) -> ReceivedBody:
    return ReceivedBody(limit=1000, packed=packed, pieces=list(pieces), size=sum(map(len, pieces)))


@pytest.mark.parametrize(("size", "first", "last"), [(1, b"a", b"g"), (4, b"abcd", b"defg")])
def test_its_ends_can_be_looked_at(size: int, first: bytes, last: bytes) -> None:
    body = received(b"ab", b"cd", b"", b"efg")
    assert (body.first(size), body.last(size)) == (first, last)
    assert body.first(99) == body.last(99) == b"abcdefg"
    assert received().first(4) == received().last(4) == b""


def test_its_ends_are_found_in_linear_time_however_small_its_pieces_are() -> None:
    letters = [b"%c" % (number % 251) for number in range(200_000)]
    body, whole = received(*letters), b"".join(letters)
    assert body.first(65_536) == whole[:65_536]
    assert body.last(65_536) == whole[-65_536:]


def test_it_is_joined_and_unpacked_once_it_may_be_read() -> None:
    assert received(b"ab", b"cd").whole() == b"abcd"
    packed = gzip.compress(b"abcd")
    assert received(packed[:9], packed[9:], packed=True).whole() == b"abcd"


def test_what_unpacks_to_more_than_the_limit_is_refused() -> None:
    with pytest.raises(SourceRejected) as refusal:
        received(gzip.compress(bytes(1001)), packed=True).whole()
    assert refusal.value.reason == "too_many_bytes"


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(b"abcd", mtime=0)[:-1]])
def test_what_is_no_whole_stream_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="whole gzip"):
        received(data, packed=True).whole()
