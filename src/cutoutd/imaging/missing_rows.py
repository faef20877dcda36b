"""Files that end before their image does: how far they got, and the file made whole again."""

import io
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from cutoutd.imaging.containers import jpeg, png
from cutoutd.imaging.containers.kinds import Kind

ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)
"""The passes of an interlaced PNG: first row and column, and the steps down and across."""
PIECE = 65_536


class MissingRows(NamedTuple):
    """What a cut file lacks."""

    sentence: str
    rows: int
    """That are surely missing; none of an interlaced or progressive file, which is coarse."""
    mended: bytes
    """A file that decodes, with nothing in the missing rows."""


def missing_rows(kind: Kind, pixels: bytes) -> MissingRows | None:
    """What a cut JPEG or PNG lacks, as its `Contents` have it; None for files of other kinds.

    Raises Pillow's errors and SourceRejected where no row can be found.
    """
    if kind is Kind.JPEG:
        return _of_jpeg(pixels)
    return _of_png(pixels) if kind is Kind.PNG else None


def lacks_rows(pixels: bytes) -> bool:
    """Whether a PNG's data end, in good order, before its image does."""
    chunks, packed = png.pixels_of(pixels)
    whole = sum(rows * size for rows, size in _passes(png.header_of(chunks[b"IHDR"])))
    return sum(map(len, _inflated(packed, whole))) < whole


def _of_jpeg(pixels: bytes) -> MissingRows:
    cut = pixels.removesuffix(jpeg.END)
    mended = cut + jpeg.END
    if jpeg.is_progressive(pixels):
        sentence = f"The JPEG ends within scan {jpeg.scans_of(pixels)}, before it is sharp."
        return MissingRows(sentence, 0, mended)
    with Image.open(io.BytesIO(cut), formats=(Kind.JPEG,)) as image:
        there, height = _rows_decoded(image), image.height
    return MissingRows(f"The JPEG ends after row {there} of {height}.", height - there, mended)


def _rows_decoded(image: Image.Image) -> int:
    """How many rows of a file without its end the decoder gets to: the rest stays noise."""
    shape = (image.height, image.width, len(image.getbands()))
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    filled = Image.fromarray(noise.squeeze(-1) if shape[2] == 1 else noise, image.mode)
    image.im = filled.copy().im  # The array itself must not be written to.
    try:
        image.load()
    except OSError:
        image.tile = []  # type: ignore[attr-defined]
    changed = (np.asarray(image).reshape(shape) != noise).any(axis=(1, 2))
    return int(np.flatnonzero(changed)[-1]) + 1 if changed.any() else 0


def _of_png(pixels: bytes) -> MissingRows:
    chunks, packed = png.pixels_of(pixels)
    header = png.header_of(chunks[b"IHDR"])
    passes = list(_passes(header))
    whole = sum(rows * size for rows, size in passes)
    found = b"".join(_inflated(packed, whole))
    mended = png.written(chunks, zlib.compress(found + bytes(whole - len(found)), 1))
    if header.interlaced:
        return MissingRows("The interlaced PNG ends before it is sharp.", 0, mended)
    there = len(found) // passes[0][1]
    sentence = f"The PNG ends after row {there} of {header.height}."
    return MissingRows(sentence, header.height - there, mended)


def _passes(header: png.Header) -> Iterator[tuple[int, int]]:
    """Of each pass, how many rows, and the bytes of one with that which names its filter."""
    bits = png.CHANNELS[header.color_type] * header.depth
    for top, left, down, across in ADAM7 if header.interlaced else ((0, 0, 1, 1),):
        width, rows = -((left - header.width) // across), -((top - header.height) // down)
        if width > 0 and rows > 0:
            yield rows, 1 + (width * bits + 7) // 8


def _inflated(packed: bytes, most: int) -> Iterator[bytes]:
    """At most so many bytes, as far as the data go and are right."""
    inflater = zlib.decompressobj()
    for place in range(0, len(packed), PIECE):
        try:
            piece = inflater.decompress(packed[place : place + PIECE], most)
        except zlib.error:
            return
        most -= len(piece)
        yield piece
        if most <= 0 or inflater.eof:
            return
