"""A PNG writer that uses every thread it is given.

Pillow filters and deflates a picture in one thread, which is most of the time a large cutout
takes. Here strips of rows are filtered and deflated side by side; flushed to a byte boundary,
their streams simply follow each other.

Format: the PNG specification, third edition (W3C 2025), and RFC 1950 and 1951.
"""

import struct
import zlib
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from cutoutd.imaging.png_filter import filtered
from cutoutd.imaging.threads import each, strips

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels to PNG colour type."""
FASTEST_LEVEL, DEFAULT_LEVEL = 0, 1
MAY_BE_LARGER = 1.03
LEAST_ROWS = 64
"""A thinner strip is not worth a thread."""
SAMPLE_ROWS = 16
STRIP_BYTES = 4_000_000
"""A strip is filtered whole before it is deflated; this bounds the memory in flight."""
METRE_PER_INCH = 0.0254
BASE = 65_521
"""The modulus of Adler-32."""


class _Method(NamedTuple):
    """A library and what it is told. All of them flush and finish by the same numbers."""

    library: ModuleType
    level: int
    window: int
    strategy: int


NEAR = _Method(isal_zlib, 1, -9, 0)
"""isal, looking for matches in the last 512 bytes only: in filtered photos farther ones are
short and cost more bits than the literals they replace."""
RUNS = _Method(zlib_ng, 1, -15, zlib_ng.Z_RLE)
"""Half as fast, and the smallest for masks and what is smooth."""
FAR = _Method(zlib_ng, 4, -15, zlib_ng.Z_DEFAULT_STRATEGY)
"""A fifth as fast; for pictures that do repeat."""


class _Strip(NamedTuple):
    deflated: bytes
    checksum: int
    length: int


def png(
    pixels: NDArray[np.uint8],
    *,
    level: int,
    threads: int,
    profile: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """Write 8-bit pixels.

    pixels: (H, W) grey, (H, W, 3) RGB or (H, W, 4) straight RGBA, C-contiguous. level: 0
    is fastest, 1 as fast where that costs at most a few percent,
    9 smallest. profile: ICC bytes; without one the file says sRGB.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = pixels.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    parts = [SIGNATURE, _chunk(b"IHDR", header)]
    if profile is None:
        parts.append(_chunk(b"sRGB", b"\0"))
    else:
        parts.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)))
    if dpi is not None:
        per_metre = [round(value / METRE_PER_INCH) for value in dpi]
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    parts += _data_chunks(rows, channels, level, threads)
    parts.append(_chunk(b"IEND", b""))
    return b"".join(parts)


def _data_chunks(rows: NDArray[np.uint8], channels: int, level: int, threads: int) -> list[bytes]:
    """One IDAT for each strip: together one zlib stream."""
    count = max(threads, -(-rows.size // STRIP_BYTES))
    pieces = strips(len(rows), least=LEAST_ROWS, threads=count)

    def pack(piece: slice) -> _Strip:
        above = rows[piece.start - 1] if piece.start else np.zeros_like(rows[0])
        lines = filtered(rows[piece], above, channels)
        deflated = _deflated(lines, channels, level, last=piece.stop == len(rows))
        return _Strip(deflated, zlib_ng.adler32(lines), lines.size)

    packed = each(pack, pieces, threads)
    checksum = 1
    for strip in packed:
        checksum = _joined(checksum, strip.checksum, strip.length)
    bodies = [strip.deflated for strip in packed]
    bodies[0] = b"\x78\x01" + bodies[0]
    bodies[-1] += struct.pack(">I", checksum)
    return [_chunk(b"IDAT", body) for body in bodies]


def _deflated(lines: NDArray[np.uint8], channels: int, level: int, *, last: bool) -> bytes:
    """A raw deflate stream, ended or flushed to a byte boundary."""
    if level == FASTEST_LEVEL:
        method = NEAR
    elif level == DEFAULT_LEVEL:
        method = _fastest_that_is_small(lines, (RUNS, FAR) if channels == 1 else (NEAR, RUNS, FAR))
    else:
        method = _Method(zlib_ng, level, -15, zlib_ng.Z_DEFAULT_STRATEGY)
    return _compressed(lines, method, zlib_ng.Z_FINISH if last else zlib_ng.Z_FULL_FLUSH)


def _fastest_that_is_small(lines: NDArray[np.uint8], methods: tuple[_Method, ...]) -> _Method:
    """The first method that writes some rows nearly as small as the most careful one."""
    starts = (len(lines) // 4, len(lines) * 3 // 4)
    sample = np.concatenate([lines[start : start + SAMPLE_ROWS] for start in starts])
    sizes = [len(_compressed(sample, method, zlib_ng.Z_FINISH)) for method in methods]
    limit = MAY_BE_LARGER * min(sizes)
    return next(method for method, size in zip(methods, sizes, strict=True) if size <= limit)


def _compressed(lines: NDArray[np.uint8], method: _Method, flush: int) -> bytes:
    library, level, window, strategy = method
    stream: Any
    if library is isal_zlib:
        stream = isal_zlib.compressobj(level, isal_zlib.DEFLATED, window)
    else:
        stream = zlib_ng.compressobj(level, zlib_ng.DEFLATED, window, 9, strategy)
    start: bytes = stream.compress(lines)
    end: bytes = stream.flush(flush)
    return start + end


def _joined(first: int, second: int, length: int) -> int:
    """The Adler-32 of two pieces from that of each, and the length of the second."""
    low, high = first & 0xFFFF, first >> 16
    other_low, other_high = second & 0xFFFF, second >> 16
    high = (high + other_high + length * (low - 1)) % BASE
    low = (low + other_low - 1) % BASE
    return high << 16 | low


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib_ng.crc32(body, zlib_ng.crc32(kind))
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", checksum)))
