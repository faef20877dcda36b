"""A PNG writer that uses all threads.

Pillow filters and deflates an image in one thread, which is most of the time a large cutout
takes. Here strips of rows are filtered and deflated side by side, each in blocks that never
leave the cache; flushed to a byte boundary, their streams simply follow each other.

What deflates an image, samples of it tell: of three ways, the fastest whose file would not be
noticeably larger than the one that Pillow would write.

Format: the PNG specification, third edition (W3C 2025), and RFC 1950 and 1951.
"""

import io
import struct
import zlib
from collections.abc import Iterable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image
from zlib_ng import zlib_ng

from cutoutd.imaging.png_filter import filter_rows
from cutoutd.imaging.threads import each, strips

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZLIB_HEADER = b"\x78\x01"
COLOR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels to PNG colour type."""
FASTEST_LEVEL, DEFAULT_LEVEL = 0, 1
EMPTY_STEP = 8
"""A strip in which of so many rows one is looked at, and found empty, is mostly empty."""
ALLOWED = 1.04
"""Times what Pillow makes of samples; a whole file may be a little larger."""
LEAST_ROWS = 64
"""A thinner strip is not worth a thread."""
SMALL_BYTES = 1_500_000
"""Of pixels; below it the careful way takes a few milliseconds, so there is nothing to weigh."""
SAMPLES, SAMPLE_BYTES = 3, 24_000
"""Pillow takes a millisecond for each."""
METRE_PER_INCH = 0.0254
BASE = 65_521
"""The modulus of Adler-32."""

Bytes = NDArray[np.uint8]


class _Deflater(NamedTuple):
    """A library and what it is told. All of them flush and finish by the same numbers."""

    library: ModuleType
    level: int
    strategy: int = zlib_ng.Z_DEFAULT_STRATEGY


QUICK = _Deflater(isal_zlib, 2)
RUNS = _Deflater(zlib_ng, 1, zlib_ng.Z_RLE)
"""Half as fast, and the smallest for masks, for noise and for what is smooth."""
QUICKER = (QUICK, RUNS)
CAREFUL = _Deflater(zlib_ng, 5)
"""A fifth as fast, and the smallest for images that repeat."""


class _Strip(NamedTuple):
    chunk: bytes
    checksum: int
    length: int


def encode_png(
    pixels: Bytes,
    *,
    level: int,
    profile: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """Write 8-bit pixels.

    pixels: (H, W) grey, (H, W, 3) RGB or (H, W, 4) straight RGBA, C-contiguous. level: 0
    is fastest, 1 as fast as a file of about Pillow's size allows, 9 smallest.
    profile: ICC bytes; without one the file says sRGB.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = pixels.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    parts = [SIGNATURE, _write_chunk(b"IHDR", header)]
    if profile is None:
        parts.append(_write_chunk(b"sRGB", b"\0"))
    else:
        parts.append(_write_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    if dpi is not None:
        per_metre = [round(value / METRE_PER_INCH) for value in dpi]
        parts.append(_write_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    parts += _write_data(rows, channels, level)
    parts.append(_write_chunk(b"IEND", b""))
    return b"".join(parts)


def _write_data(rows: Bytes, channels: int, level: int) -> list[bytes]:
    """One IDAT for each strip, and one for the checksum: together one zlib stream."""
    deflater = _choose(rows, channels, level)

    def pack(part: slice) -> _Strip:
        empty = not rows[part][::EMPTY_STEP].any()
        lines = filter_rows(rows, part, channels)
        first, last = part.start == 0, part.stop == len(rows)
        return _deflate(lines, RUNS if empty else deflater, first=first, last=last)

    packed = each(pack, strips(len(rows), least=LEAST_ROWS))
    checksum = 1
    for strip in packed:
        checksum = _combine_adler32(checksum, strip.checksum, strip.length)
    return [*(strip.chunk for strip in packed), _write_chunk(b"IDAT", struct.pack(">I", checksum))]


def _choose(rows: Bytes, channels: int, level: int) -> _Deflater:
    """What deflates an image."""
    if level not in (FASTEST_LEVEL, DEFAULT_LEVEL):
        return _Deflater(zlib_ng, level)
    if channels == 1:
        return RUNS
    if level == FASTEST_LEVEL:
        return QUICK
    return _choose_by_samples(rows, channels)


def _choose_by_samples(rows: Bytes, channels: int) -> _Deflater:
    """Of three ways, the fastest whose file is not noticeably larger than Pillow's."""
    if rows.size < SMALL_BYTES or len(rows) == 1:
        return CAREFUL
    samples = _take_samples(rows)
    if not samples:
        return QUICK
    allowed = ALLOWED * _measure_pillow(samples, channels)
    lines = [_filter_sample(sample, channels) for sample in samples]
    fitting = (way for way in QUICKER if sum(_measure(part, way) for part in lines) <= allowed)
    return next(fitting, CAREFUL)


def _take_samples(rows: Bytes) -> list[Bytes]:
    """Some rows from all parts of the image that are not empty; of each the first comes before.

    It is there for the filters, and not part of what is written.
    """
    step = max(1, len(rows) // 64)
    used = np.flatnonzero(rows[::step].max(axis=1)) * step
    if not used.size:
        return []
    height = min(-(-SAMPLE_BYTES // rows.shape[1]), len(rows) - 1)
    places = [used[(2 * place + 1) * len(used) // (2 * SAMPLES)] for place in range(SAMPLES)]
    tops = [min(int(place), len(rows) - height - 1) for place in places]
    return [rows[top : top + height + 1] for top in tops]


def _filter_sample(sample: Bytes, channels: int) -> Bytes:
    return np.concatenate([b.copy() for b in filter_rows(sample, slice(1, len(sample)), channels)])


def _measure_pillow(samples: list[Bytes], channels: int) -> int:
    """Bytes that samples add to their first rows as Pillow writes them when it is told nothing."""

    def size(rows: Bytes) -> int:
        file = io.BytesIO()
        Image.fromarray(rows.reshape(len(rows), -1, channels)).save(file, "PNG")
        return len(file.getvalue())

    sizes = each(size, [*samples, *(sample[:1] for sample in samples)])
    return sum(sizes[: len(samples)]) - sum(sizes[len(samples) :])


def _measure(lines: Bytes, deflater: _Deflater) -> int:
    stream = _open_stream(deflater)
    return len(stream.compress(lines)) + len(stream.flush(zlib_ng.Z_FINISH))


def _open_stream(deflater: _Deflater) -> Any:
    """A raw deflate stream."""
    if deflater.library is isal_zlib:
        return isal_zlib.compressobj(deflater.level, wbits=-15)
    return zlib_ng.compressobj(deflater.level, wbits=-15, memLevel=9, strategy=deflater.strategy)


def _deflate(blocks: Iterable[Bytes], deflater: _Deflater, *, first: bool, last: bool) -> _Strip:
    """Part of a zlib stream without its checksum, ended or flushed to a byte boundary."""
    stream = _open_stream(deflater)
    parts, checksum, length = [ZLIB_HEADER] if first else [], 1, 0
    for block in blocks:
        checksum = zlib_ng.adler32(block, checksum)
        length += block.size
        parts.append(stream.compress(block))
        if deflater is QUICK:  # So that its code tables follow the image: a percent smaller.
            parts.append(stream.flush(zlib_ng.Z_SYNC_FLUSH))
    parts.append(stream.flush(zlib_ng.Z_FINISH if last else zlib_ng.Z_FULL_FLUSH))
    return _Strip(_write_chunk(b"IDAT", *parts), checksum, length)


def _combine_adler32(first: int, second: int, length: int) -> int:
    """The Adler-32 of two pieces from that of each, and the length of the second."""
    low, high = first & 0xFFFF, first >> 16
    other_low, other_high = second & 0xFFFF, second >> 16
    high = (high + other_high + length * (low - 1)) % BASE
    low = (low + other_low - 1) % BASE
    return high << 16 | low


def _write_chunk(kind: bytes, *body: bytes) -> bytes:
    checksum = zlib_ng.crc32(kind)
    for part in body:
        checksum = zlib_ng.crc32(part, checksum)
    length = struct.pack(">I", sum(map(len, body)))
    return b"".join((length, kind, *body, struct.pack(">I", checksum)))
