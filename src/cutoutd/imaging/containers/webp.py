"""WebP: its metadata apart from its images.

Format: WebP container specification (Google), RIFF.
"""

import struct
from collections.abc import Iterator

from cutoutd.imaging.containers.contents import Contents
from cutoutd.imaging.containers.exif import read_exif

PICTURES = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"))
HEAD = 12
MOST_CHUNKS = 200_000
ICC, ALPHA, EXIF, XMP, ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
"""Flags of VP8X."""


def read_webp(data: bytes) -> Contents:
    """Take a WebP apart. What is wrong with its images, the decoder will say."""
    kept, profile, exif, frames = [], None, None, 0
    for kind, body in _chunks(data):
        if kind in PICTURES:
            if kind == b"VP8X" and body:
                body = bytes((body[0] & (ALPHA | ANIMATION),)) + body[1:]  # noqa: PLW2901
            kept.append(struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) % 2))
            frames += kind == b"ANMF"
        elif kind == b"ICCP":
            profile = profile or body
        elif kind == b"EXIF":
            exif = exif or body
    pixels = b"WEBP" + b"".join(kept)
    return Contents(
        pixels=struct.pack("<4sI", b"RIFF", len(pixels)) + pixels,
        orientation=read_exif(exif).orientation,
        dpi=read_exif(exif).dpi,
        profile=profile,
        frames=max(frames, 1),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk; the last may be cut."""
    place = HEAD
    for _ in range(MOST_CHUNKS):
        if place + 8 > len(data):
            return
        kind, size = struct.unpack_from("<4sI", data, place)
        yield kind, data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
