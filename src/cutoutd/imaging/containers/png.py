"""PNG: only whole, known, bounded chunks reach the decoder.

Format: PNG specification, third edition (W3C 2025). Checksums are written anew: a wrong one of a
text or a profile is no reason to refuse an image, and one of pixels shows in the pixels.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from cutoutd.errors import SourceRejected
from cutoutd.imaging.color_numbers import Stated, stated_by_code_points, stated_by_gamma
from cutoutd.imaging.containers.contents import Contents
from cutoutd.imaging.containers.exif import Dpi, read_exif, sensible

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 200_000
"""More are an attack: half a million empty ones take a decoder ten seconds."""
LARGEST_PROFILE = 8_000_000
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type to samples a pixel."""
GREY, RGB = 0, 2
BIT_DEPTHS = (1, 2, 4, 8, 16)
INCH_IN_METRES = 0.0254
ANIMATED = frozenset((b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"IDAT", b"fdAT"))
HEADER = struct.Struct(">IIBBBBB")


class Header(NamedTuple):
    """IHDR."""

    width: int
    height: int
    depth: int
    color_type: int
    compression: int
    filtering: int
    interlaced: int


def read_png(data: bytes) -> Contents:
    """Take a PNG apart. Raises SourceRejected, `corrupt`, if it holds no image."""
    chunks: dict[bytes, bytes] = {}
    first: list[bytes] = []
    animated_from_first = False
    second: list[bytes] = []
    for kind, body in _chunks(data):
        if kind == b"IDAT":
            first.append(body)
        elif kind == b"fdAT":
            second.append(body[4:])
        elif kind == b"fcTL":
            animated_from_first |= not first
            if second:
                break
        if kind not in chunks:
            chunks[kind] = body
    header = header_of(chunks.get(b"IHDR", b""))
    chunks[b"tRNS"] = _clear_level(header, chunks.get(b"tRNS", b""))
    frames = _frames(chunks.get(b"acTL", b""))
    behind = frames and not animated_from_first and _covers(chunks.get(b"fcTL", b""), header)
    exif, color = read_exif(chunks.get(b"eXIf")), _color(chunks)
    return Contents(
        pixels=written(chunks, b"".join(second if behind and second else first)),
        orientation=exif.orientation,
        dpi=_dpi(chunks.get(b"pHYs", b"")),
        profile=color.profile,
        stated=b"iCCP" not in chunks,
        notes=color.notes,
        frames=max(frames, 1),
    )


def read_animated_png(data: bytes) -> Contents:
    """The same with all its frames."""
    kept = [(kind, body) for kind, body in _chunks(data) if kind in ANIMATED]
    contents = read_png(data)
    pixels = b"".join((SIGNATURE, *(_chunk(*one) for one in kept), _chunk(b"IEND", b"")))
    return replace(contents, pixels=pixels)


def header_of(body: bytes) -> Header:
    """IHDR, checked. Raises SourceRejected."""
    if len(body) == HEADER.size:
        header = Header(*HEADER.unpack(body))
        if header.color_type in CHANNELS and header.depth in BIT_DEPTHS:
            return header
    raise SourceRejected("The PNG has no whole header.", reason="corrupt")


def written(chunks: Mapping[bytes, bytes], pixels: bytes) -> bytes:
    """A PNG of these pixels (deflated) with nothing but what they need."""
    parts = [SIGNATURE, _chunk(b"IHDR", chunks[b"IHDR"])]
    parts += [_chunk(kind, body) for kind in (b"PLTE", b"tRNS") if (body := chunks.get(kind))]
    return b"".join((*parts, _chunk(b"IDAT", pixels), _chunk(b"IEND", b"")))


def pixels_of(data: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """The chunks of a PNG that `read_png` wrote, and its deflated pixels."""
    chunks = dict(_chunks(data))
    return chunks, chunks.pop(b"IDAT", b"")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk up to IEND; pixels also where the file ends within them.

    A length that cannot be right is passed over: the walk goes on at the next chunk of pixels.
    """
    place, end, doubtful = len(SIGNATURE), len(data), None
    for _ in range(MOST_CHUNKS):
        if place + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        body = place + 8
        if kind == b"IEND":
            return
        if not kind.isalpha() or (body + length > end and kind != b"IDAT"):
            found = data.find(b"IDAT", doubtful or body)
            if found < 0:
                return
            place, doubtful = found - 4, None
            continue
        yield kind, data[body : body + length]
        doubtful = body if kind != b"IDAT" else None
        place = body + length + 4
    raise SourceRejected(f"The PNG has more than {MOST_CHUNKS} chunks.", reason="corrupt")


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", checksum)))


def _clear_level(header: Header, body: bytes) -> bytes:
    """The chunk tRNS for a decoder that compares it with samples made 8 bits."""
    if header.color_type not in (GREY, RGB):
        return body
    if len(body) != 2 * CHANNELS[header.color_type]:
        return b""
    deepest = (1 << header.depth) - 1
    levels = (value & deepest for (value,) in struct.iter_unpack(">H", body))
    if header.color_type == RGB and header.depth == 16:
        levels = (value >> 8 for value in levels)
    elif header.depth < 8:
        levels = (value * 255 // deepest for value in levels)
    return b"".join(struct.pack(">H", value) for value in levels)


def _frames(body: bytes) -> int:
    """Of the animation; 0: it is none."""
    return int.from_bytes(body[:4], "big") if len(body) == 8 else 0


def _covers(body: bytes, header: Header) -> bool:
    """Whether a frame (fcTL) is as large as the image."""
    return len(body) == 26 and struct.unpack_from(">4I", body, 4) == (*header[:2], 0, 0)


def _color(chunks: Mapping[bytes, bytes]) -> Stated:
    """What the numbers mean, in the order of section 4.3: cICP, iCCP, sRGB, gAMA with cHRM."""
    if len(body := chunks.get(b"cICP", b"")) == 4 and body[2] == 0:
        stated = stated_by_code_points(body[0], body[1])
        if stated is not None:
            return stated
    if (profile := _profile(chunks.get(b"iCCP", b""))) is not None:
        return Stated(profile)
    if b"sRGB" in chunks:
        return Stated(None)
    gamma, points = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    exponent = int.from_bytes(gamma, "big") / 100_000 if len(gamma) == 4 else None
    pairs = None
    if len(points) == 32:
        xy = [value / 100_000 for value in struct.unpack(">8I", points)]
        pairs = tuple(zip(xy[::2], xy[1::2], strict=True))
    if exponent is None and pairs is None:
        return Stated(None)
    return stated_by_gamma(exponent, pairs) or Stated(None)


def _profile(body: bytes) -> bytes | None:
    """The ICC profile in an iCCP chunk, if it is whole and of a size that profiles have."""
    _, _, packed = body.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], LARGEST_PROFILE)
    except zlib.error:
        return None
    return profile if inflater.eof and profile else None


def _dpi(body: bytes) -> Dpi | None:
    if len(body) != 9 or body[8] != 1:
        return None
    x, y = struct.unpack_from(">II", body)
    return sensible(x * INCH_IN_METRES, y * INCH_IN_METRES)
