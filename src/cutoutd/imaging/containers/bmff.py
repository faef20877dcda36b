"""The boxes of AVIF and HEIC files (ISO 14496-12, ISO 23008-12): brands, and colour in numbers."""

import struct
from collections.abc import Iterator

META_BYTES = 1_000_000
"""An image's boxes are looked for so far; what comes behind is pixels."""
DEEPEST = 4
AROUND = {b"meta": 4, b"iprp": 0, b"ipco": 0}
"""Boxes that hold boxes on the way to colour, and the bytes before the first of them."""


def brands(data: bytes) -> frozenset[bytes]:
    """The major brand and the compatible ones; none if the file does not start with them."""
    if data[4:8] != b"ftyp":
        return frozenset()
    size = min(int.from_bytes(data[:4], "big"), 1_024)
    listed = (data[place : place + 4] for place in range(16, size, 4))
    return frozenset((data[8:12], *listed))


def codes_av1(data: bytes) -> bool:
    """Whether the images in a file of a general brand (`mif1`) are coded as in AVIF."""
    boxes = data[:META_BYTES]
    return b"av01" in boxes and b"hvc1" not in boxes


def with_major_brand(data: bytes, brand: bytes) -> bytes:
    """The same file, for a decoder that looks at the first brand alone."""
    return data if data[8:12] == brand else data[:8] + brand + data[12:]


def color_numbers(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer (ITU-T H.273) of the first `colr` box of type `nclx`, if any."""
    for kind, body in _boxes(data[:META_BYTES], DEEPEST):
        if kind == b"colr" and body[:4] == b"nclx" and len(body) >= 10:
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return primaries, transfer
    return None


def _boxes(data: bytes, deepest: int) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each box, and of those within; a box that is cut or odd ends the walk."""
    place = 0
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1 and place + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, place + 8)[0], 16
        if size == 0:
            size = len(data) - place
        if size < head:
            return
        body = data[place + head : place + size]
        if kind in AROUND:
            if deepest:
                yield from _boxes(body[AROUND[kind] :], deepest - 1)
        else:
            yield kind, body
        place += size
