"""Image files that nobody sends by accident."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F")


@cache
def valid() -> dict[str, bytes]:
    """A small file of every Pillow mode in every format that will take it."""
    files = {}
    for mode in MODES:
        for kind in FORMATS:
            buffer = io.BytesIO()
            try:
                _picture(mode).save(buffer, kind)
            except (OSError, KeyError, ValueError):
                continue  # This format has no such mode.
            files[f"{kind} {mode}"] = buffer.getvalue()
    return files


def _picture(mode: str) -> Image.Image:
    picture = Image.linear_gradient("L").resize((48, 32))
    if mode in ("I", "F"):
        return picture.convert("I").convert(mode)
    if mode == "I;16":
        return picture.convert("I").convert("I;16")
    if mode in ("LA", "PA"):
        return picture.convert("RGBA").convert("LA")
    return picture.convert("RGB").convert(mode) if mode != "LAB" else Image.new("LAB", (48, 32))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, color: int, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IEND", b"")


def _pixels(width: int, height: int, bits: int) -> bytes:
    row = bytes(1 + (width * bits + 7) // 8)
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])


def one_bit_bomb() -> bytes:
    """169 megapixels in a few kilobytes."""
    return png(13_000, 13_000, 1, 0, chunk(b"IDAT", _pixels(13_000, 13_000, 1)))


def large_bomb() -> bytes:
    """400 megapixels, announced and never delivered."""
    return png(20_000, 20_000, 8, 6, chunk(b"IDAT", zlib.compress(bytes(1000))))


def text_bomb() -> bytes:
    """Compressed text chunks that unpack to a hundred megabytes."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    return png(8, 8, 8, 2, text, text, chunk(b"IDAT", _pixels(8, 8, 24)))


def profile_bomb() -> bytes:
    """A colour profile that unpacks to fifty megabytes."""
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000), 9))
    return png(8, 8, 8, 2, profile, chunk(b"IDAT", _pixels(8, 8, 24)))


def many_frames() -> bytes:
    """A GIF of ten thousand frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x03\x84\x8f\x05\x00"
    return head + frame * 10_000 + b";"


def deep_tiff() -> bytes:
    """Sixty-four directories, the last of which leads back to the first."""
    entries = struct.pack("<HHII", 256, 4, 1, 8) + struct.pack("<HHII", 257, 4, 1, 8)
    directories = b""
    for number in range(64):
        following = 8 + 30 * (number + 1) if number < 63 else 8
        directories += struct.pack("<H", 2) + entries + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + directories


def huge_tiff() -> bytes:
    """A TIFF whose strips are said to be four gigabytes long."""
    tags = [(256, 60_000), (257, 60_000), (258, 8), (259, 1), (262, 1), (273, 8), (278, 60_000)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    entries += struct.pack("<HHII", 279, 4, 1, 0xFFFFFFFF)
    return b"II*\0" + struct.pack("<IH", 8, 8) + entries + struct.pack("<I", 0)


@cache
def odd() -> dict[str, bytes]:
    """Bytes that claim much, or little."""
    return {
        "empty": b"",
        "one byte": b"\xff",
        "text": b"no image at all",
        "html": b"<html><body>404</body></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "zip": b"PK\x03\x04" + bytes(100),
        "pdf": b"%PDF-1.7\n" + bytes(100),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "fits": b"SIMPLE  =                    T" + b" " * 2850,
        "heic": b"\0\0\0\x18ftypheic" + bytes(100),
        "avif": b"\0\0\0\x18ftypavif" + bytes(100),
        "no end": b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0)),
        "no size": png(0, 0, 8, 2, chunk(b"IDAT", b"")),
        "negative": png(2**32 - 1, 2**32 - 1, 8, 2),
        "one line": png(100_000, 1, 8, 0, chunk(b"IDAT", _pixels(100_000, 1, 8))),
        "one column": png(1, 100_000, 8, 0, chunk(b"IDAT", _pixels(1, 100_000, 8))),
        "one pixel": png(1, 1, 8, 2, chunk(b"IDAT", _pixels(1, 1, 24))),
        "1-bit bomb": one_bit_bomb(),
        "400 MP": large_bomb(),
        "text bomb": text_bomb(),
        "profile bomb": profile_bomb(),
        "10,000 frames": many_frames(),
        "deep tiff": deep_tiff(),
        "huge tiff": huge_tiff(),
    }


def damaged(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Without end: valid files cut short, with bits flipped, bytes moved, or joined."""
    files = list(valid().items())
    while True:
        name, data = chance.choice(files)
        harm: Callable[[random.Random, bytes], bytes] = chance.choice((_cut, _flip, _stir, _joined))
        yield f"{name} {harm.__name__}", harm(chance, data)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(1, len(data))]


def _flip(chance: random.Random, data: bytes) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _stir(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.randrange(1, 64))
    return data[:start] + chance.randbytes(end - start) + data[end:]


def _joined(chance: random.Random, data: bytes) -> bytes:
    other = chance.choice(list(valid().values()))
    return data[: len(data) // 2] + other[len(other) // 2 :]
