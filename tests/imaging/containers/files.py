"""Files drawn for the tests, chunk by chunk and segment by segment."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene() -> NDArray[np.uint8]:
    """(48, 64, 3) smooth ramps, with every row different."""
    rows, columns = np.mgrid[:48, :64]
    return np.stack((rows * 5, columns * 4, 255 - rows * 2 - columns), axis=-1).astype(np.uint8)


def chunk(
    kind: bytes, body: bytes, *, checksum: int | None = None, size: int | None = None
) -> bytes:
    check = zlib.crc32(kind + body) if checksum is None else checksum
    length = len(body) if size is None else size
    return struct.pack(">I", length) + kind + body + struct.pack(">I", check)


def png(
    *before: bytes,
    pixels: NDArray[np.uint8] | NDArray[np.uint16] | None = None,
    color_type: int = 2,
    depth: int = 8,
    data: bytes | None = None,
) -> bytes:
    """A PNG with these chunks before its pixels; rows of samples, not filtered."""
    levels = scene() if pixels is None else pixels
    height, width = levels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    if data is None:
        flat = levels.reshape(height, -1)
        if depth == 16:
            rows = flat.astype(">u2").view(np.uint8).reshape(height, -1)
        elif depth < 8:
            bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
            rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
        else:
            rows = flat.astype(np.uint8)
        data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return b"".join(
        (SIGNATURE, chunk(b"IHDR", header), *before, chunk(b"IDAT", data), chunk(b"IEND", b""))
    )


def saved(name: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene()).save(file, name, **options)
    return file.getvalue()
