"""Formats whose decoders are given the file as it is: what they say of it, checked."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from PIL import Image, TiffImagePlugin

from cutoutd.imaging.color_numbers import Stated, stated_by_code_points
from cutoutd.imaging.containers.bmff import color_numbers, with_major_brand
from cutoutd.imaging.containers.contents import Contents
from cutoutd.imaging.containers.exif import read_exif, sensible
from cutoutd.imaging.containers.kinds import Kind
from cutoutd.imaging.upright import EXIF_ORIENTATION, SIDEWAYS

MOST_PAGES = 100_000
X_RESOLUTION, Y_RESOLUTION = 282, 283
GIF_HEAD, GIF_IMAGE, GIF_EXTENSION = 13, 0x2C, 0x21
MAJOR_BRANDS = {Kind.AVIF: b"avif", Kind.HEIF: b"heic"}


def read_bmff(data: bytes, kind: Kind) -> Contents:
    """An AVIF or HEIC file under the brand that its decoder looks for."""
    numbers = color_numbers(data)
    stated = (stated_by_code_points(*numbers) if numbers else None) or Stated(None)
    pixels = with_major_brand(data, MAJOR_BRANDS[kind])
    return Contents(pixels=pixels, profile=stated.profile, stated=True, notes=stated.notes)


def read_tiff(data: bytes) -> Contents:
    """A TIFF and how many pages it has."""
    return Contents(pixels=data, frames=max(_pages(data), 1))


def read_gif(data: bytes) -> Contents:
    """A GIF and how many frames it has."""
    return Contents(pixels=data, frames=max(_frames(data), 1))


def described(contents: Contents, kind: Kind, image: Image.Image) -> Contents:
    """The same with what the opened file says of orientation, resolution and colour."""
    if describe := DESCRIBED.get(kind):
        return describe(contents, image)
    return contents


def _bmff(contents: Contents, image: Image.Image) -> Contents:
    profile = image.info.get("icc_profile")
    if profile:
        contents = replace(contents, profile=profile, stated=False, notes=())
    exif = read_exif(image.info.get("exif"))
    frames = getattr(image, "n_frames", 1)
    return replace(contents, orientation=exif.orientation, frames=frames)


def _tiff(contents: Contents, image: Image.Image) -> Contents:
    tags = cast("TiffImagePlugin.TiffImageFile", image).tag_v2
    contents = replace(contents, profile=image.info.get("icc_profile"))
    if X_RESOLUTION not in tags or Y_RESOLUTION not in tags:
        return contents  # Pillow says 1 x 1.
    contents = _dpi(contents, image)
    if contents.dpi is not None and tags.get(EXIF_ORIENTATION) in SIDEWAYS:
        # Pillow turns a TIFF itself, its resolution not.
        contents = replace(contents, dpi=(contents.dpi[1], contents.dpi[0]))
    return contents


def _dpi(contents: Contents, image: Image.Image) -> Contents:
    dpi = image.info.get("dpi")
    return contents if dpi is None else replace(contents, dpi=sensible(*dpi))


DESCRIBED: dict[Kind, Callable[[Contents, Image.Image], Contents]] = {
    Kind.AVIF: _bmff,
    Kind.HEIF: _bmff,
    Kind.TIFF: _tiff,
    Kind.BMP: _dpi,
    Kind.JPEG2000: _dpi,
}


def _pages(data: bytes) -> int:
    """The directories of a TIFF, counted along their chain (TIFF 6.0, and BigTIFF)."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    first, offset, count, entry = (8, "Q", "Q", 20) if big else (4, "I", "H", 12)
    seen: set[int] = set()
    try:
        (place,) = struct.unpack_from(order + offset, data, first)
        while place and place not in seen and len(seen) < MOST_PAGES:
            seen.add(place)
            (entries,) = struct.unpack_from(order + count, data, place)
            behind = place + struct.calcsize(order + count) + entry * entries
            (place,) = struct.unpack_from(order + offset, data, behind)
    except struct.error:  # The chain leads out of the file.
        pass
    return len(seen)


def _frames(data: bytes) -> int:
    """The images of a GIF (GIF89a, 18 to 26), as far as the file goes."""
    if len(data) < GIF_HEAD:
        return 0
    place, count = GIF_HEAD + _table(data[10]), 0
    while place < len(data):
        if data[place] == GIF_EXTENSION:
            place += 2
        elif data[place] == GIF_IMAGE and place + 10 < len(data):
            count += 1
            place += 11 + _table(data[place + 9])
        else:
            break
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return count


def _table(flags: int) -> int:
    """Bytes of a colour table, if there is one."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
