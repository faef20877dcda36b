"""JPEG: only the segments that pixels need reach the decoder, and no more scans than cameras write.

Format: ITU-T T.81, JFIF 1.02, Exif 2.32; ICC profiles as in ICC.1:2010, annex B.4.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cutoutd.errors import SourceRejected
from cutoutd.imaging.containers.contents import Contents
from cutoutd.imaging.containers.exif import Dpi, read_exif, sensible

START, END = b"\xff\xd8", b"\xff\xd9"
SOS, DHT, DAC, APP0, APP1, APP2, APP14 = 0xDA, 0xC4, 0xCC, 0xE0, 0xE1, 0xE2, 0xEE
NEEDED = frozenset((*range(0xC0, 0xD0), 0xDB, 0xDD)) - {0xC8}
"""Frames, tables and restart intervals."""
PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
STANDING_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a length."""
JFIF, EXIF, ICC, ADOBE = b"JFIF\0", b"Exif\0", b"ICC_PROFILE\0", b"Adobe"
MOST_SCANS = 100
"""Progressive files have about ten, and each costs a pass over the whole image."""
MOST_SEGMENTS = 10_000
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""It begins with one byte, not with a run of them: so re finds it as fast as memory is read."""
PER_INCH = {1: 1.0, 2: 2.54}
"""JFIF's units of density, times what makes them inches."""


class _Segment(NamedTuple):
    marker: int
    whole: bytes
    body: bytes


def read_jpeg(data: bytes) -> Contents:
    """Take a JPEG apart. Raises SourceRejected, `corrupt`, if it has no scan, or far too many."""
    kept, exif, density, parts = [START], None, None, dict[int, bytes]()
    scans = None
    for segment in _head(data):
        body = segment.body
        if segment.marker in NEEDED or (segment.marker == APP14 and body.startswith(ADOBE)):
            kept.append(segment.whole)
        elif segment.marker == APP0 and body.startswith(JFIF):
            kept.append(segment.whole)
            density = density or _density(body)
        elif segment.marker == APP1 and body.startswith(EXIF):
            exif = exif or body
        elif segment.marker == APP2 and body.startswith(ICC) and len(body) > 14:
            parts.setdefault(body[12], body[14:])
        elif segment.marker == SOS:
            scans = _scans(segment.whole)
            kept.append(segment.whole[: scans.end])
    if scans is None or not scans.begun:
        raise SourceRejected("The JPEG ends before its image.", reason="truncated")
    if not kept[-1].endswith(END):
        kept.append(END)
    found = read_exif(exif)
    return Contents(
        pixels=b"".join(kept),
        orientation=found.orientation,
        dpi=density or found.dpi,
        profile=b"".join(parts[number] for number in sorted(parts)) or None,
        cut=scans.cut,
    )


def is_progressive(data: bytes) -> bool:
    """Whether the image comes in scans that refine each other."""
    return any(segment.marker in PROGRESSIVE for segment in _head(data))


def scans_of(data: bytes) -> int:
    """How many scans a JPEG has begun."""
    return sum(_scans(one.whole).begun for one in _head(data) if one.marker == SOS)


def _head(data: bytes) -> Iterator[_Segment]:
    """The segments up to the first scan, which comes last, with all that follows it up to EOI.

    What is no segment between two of them is passed over, as decoders do.
    """
    place = len(START)
    for _ in range(MOST_SEGMENTS):
        found = MARKER.search(data, place)
        if found is None:
            return
        marker, place = found[1][0], found.end()
        if marker in STANDING_ALONE:
            continue
        if marker == END[1]:
            return
        if marker == SOS:
            yield _Segment(SOS, data[place - 2 :], b"")
            return
        length = int.from_bytes(data[place : place + 2], "big")
        if length < 2 or place + length > len(data):
            continue
        yield _Segment(
            marker, data[found.end() - 2 : place + length], data[place + 2 : place + length]
        )
        place += length


class _Scans(NamedTuple):
    end: int
    """Where the image ends: films and other images may follow."""
    begun: int
    cut: bool
    """The file ends within a header."""


def _scans(data: bytes) -> _Scans:
    count = 0
    for marker in _markers(data):
        behind = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        if marker[1] != END[1:] and not marker.end() + 2 <= behind <= len(data):
            return _Scans(marker.start(), count, cut=True)
        count += marker[1][0] == SOS
        if count > MOST_SCANS:
            message = f"The JPEG has more than {MOST_SCANS} scans."
            raise SourceRejected(message, reason="corrupt")
        if marker[1] == END[1:]:
            return _Scans(marker.end(), count, cut=False)
    return _Scans(len(data), count, cut=False)


def _markers(data: bytes) -> Iterator[re.Match[bytes]]:
    """The markers between scans: within the data of one, 0xFF is followed by 0 or a restart."""
    place = 0
    for _ in range(MOST_SEGMENTS):
        found = MARKER.search(data, place)
        if found is None:
            return
        yield found
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")


def _density(body: bytes) -> Dpi | None:
    """JFIF's, if it is one: mostly it is an aspect ratio of 1:1."""
    if len(body) < 12 or body[7] not in PER_INCH:
        return None
    times = PER_INCH[body[7]]
    x, y = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    return sensible(x * times, y * times)
