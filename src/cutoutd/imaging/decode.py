"""Bytes to a `Picture`: upright, 8 bits a channel, in sRGB.

A file is taken apart first (`containers`): only what its pixels need reaches a decoder, so that
nothing else can veto an image, and whatever else it carries (GPS, camera, comments) is left
behind. Only the formats named there are ever tried, and the header's size is checked before a
pixel is decoded. Of a file with several frames the first is taken.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cutoutd.command import ColorProfile
from cutoutd.errors import SourceRejected
from cutoutd.imaging import profiles
from cutoutd.imaging.containers.contents import Contents
from cutoutd.imaging.containers.jpeg import read_jpeg
from cutoutd.imaging.containers.kinds import MEDIA_TYPES, Kind, kind_of, title
from cutoutd.imaging.containers.others import described, read_bmff, read_gif, read_tiff
from cutoutd.imaging.containers.png import read_animated_png, read_png
from cutoutd.imaging.containers.webp import read_webp
from cutoutd.imaging.levels import eight_bits
from cutoutd.imaging.memory import allocate
from cutoutd.imaging.missing_rows import lacks_rows, missing_rows
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.resize import as_image
from cutoutd.imaging.upright import SIDEWAYS, exif_transpose

MISSING_ROWS = "missing_rows"
"""The note that a file ended early and was kept all the same; with how many rows."""
FRAMES_LEFT_OUT = "frames_left_out"
"""The note that a file has more frames or pages than its first; with how many."""
READERS: dict[Kind, Callable[[bytes], Contents]] = {
    Kind.JPEG: read_jpeg,
    Kind.PNG: read_png,
    Kind.WEBP: read_webp,
    Kind.AVIF: partial(read_bmff, kind=Kind.AVIF),
    Kind.HEIF: partial(read_bmff, kind=Kind.HEIF),
    Kind.TIFF: read_tiff,
    Kind.GIF: read_gif,
}
"""Formats that are not taken apart have none."""
ALPHA_LEFT_EMPTY = (Kind.BMP, Kind.ICO)
"""Writers of these leave the fourth channel at zero where they mean an opaque image."""
SPACES = {"RGB": "RGBA", "L": "GRAY", "CMYK": "CMYK"}
"""Pillow's modes of JPEG, in the words of the faster decoder."""


def decode(
    data: bytes,
    *,
    max_pixels: int,
    color_profile: ColorProfile = ColorProfile.SRGB,
    lenient: bool = False,
) -> Picture:
    """Decode an image file.

    lenient: keep a JPEG or PNG that ends early or is broken within, with grey or empty rows, and
    a note. Raises SourceRejected with the reason `empty`, `not_an_image`, `unsupported_format`,
    `too_many_pixels`, `truncated` or `corrupt`.
    """
    kind, contents = take_apart(data)
    picture = partial(_picture, kind, max_pixels=max_pixels, color_profile=color_profile)
    with refusing(kind):
        try:
            return picture(contents)
        except OSError as exc:
            cut = missing_rows(kind, contents.pixels) if lenient or _cut_short(exc) else None
            if cut is None:
                raise
            if not lenient:
                raise SourceRejected(cut.sentence, reason="truncated") from exc
        notes = (*contents.notes, f"{MISSING_ROWS}:{cut.rows}")
        return picture(replace(contents, pixels=cut.mended, notes=notes), strict=False)


def media_type_of(data: bytes, *, max_pixels: int) -> str:
    """The MIME type of an image file, by its header alone; no pixel is decoded.

    Raises SourceRejected as `decode` does, for what the header can tell.
    """
    kind, contents = take_apart(data)
    with refusing(kind), open_apart(kind, contents.pixels, max_pixels):
        return MEDIA_TYPES.get(kind) or Image.MIME[str(kind)]


def take_apart(data: bytes, *, frames: bool = False) -> tuple[Kind, Contents]:
    """The format and what is in the file; with `frames`, all of them. Raises SourceRejected."""
    if not data:
        raise SourceRejected("The image is empty.", reason="empty")
    kind = kind_of(data)
    read = read_animated_png if frames and kind is Kind.PNG else READERS.get(kind)
    return kind, read(data) if read else Contents(pixels=data)


@contextmanager
def open_apart(kind: Kind, pixels: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """The file, its size checked."""
    if kind is Kind.HEIF:
        _register_heif()
    with Image.open(io.BytesIO(pixels), formats=(kind,)) as image:
        if image.width * image.height > max_pixels:
            raise SourceRejected(
                f"The image has {image.width} x {image.height} pixels; "
                f"at most {max_pixels / 1e6:g} megapixels are allowed.",
                reason="too_many_pixels",
            )
        yield image


def _register_heif() -> None:
    try:
        from pi_heif import register_heif_opener
    except ImportError as exc:
        message = "HEIC images are not read here: pi-heif has no build for this system."
        raise SourceRejected(message, reason="unsupported_format") from exc
    register_heif_opener()


def _picture(
    kind: Kind,
    contents: Contents,
    *,
    max_pixels: int,
    color_profile: ColorProfile,
    strict: bool = True,
) -> Picture:
    if strict and contents.cut:
        raise OSError("truncated")
    with open_apart(kind, contents.pixels, max_pixels) as image:
        contents = described(contents, kind, image)
        fast = _jpeg_pixels(image, contents.pixels, strict=strict)
        shown = image if fast is None else as_image(fast)
        shown.load()
        if kind is Kind.PNG and strict and _ends_empty(shown) and lacks_rows(contents.pixels):
            raise OSError("truncated")  # Pillow leaves them empty without a word.
        shown = eight_bits(shown)
        opaque = not (shown.has_transparency_data or shown.mode in ("PA", "La", "RGBa"))
        rgba, profile = profiles.to_rgba(
            shown, contents.profile, color_profile, stated=contents.stated
        )
        pixels = fast if fast is not None and rgba is shown else to_pixels(rgba)
    if kind in ALPHA_LEFT_EMPTY and not opaque and not pixels[..., 3].any():
        pixels[..., 3], opaque = 255, True
    dpi = contents.dpi
    if dpi is not None and contents.orientation in SIDEWAYS:
        dpi = (dpi[1], dpi[0])
    left_out = (f"{FRAMES_LEFT_OUT}:{contents.frames - 1}",) if contents.frames > 1 else ()
    return Picture(
        pixels=exif_transpose(pixels, contents.orientation),
        opaque=opaque,
        profile=profile,
        dpi=dpi,
        notes=(*contents.notes, *left_out),
        frames=contents.frames,
    )


@contextmanager
def refusing(kind: Kind) -> Iterator[None]:
    """Translate what Pillow and its plugins raise over a bad file."""
    name = title(kind)
    try:
        yield
    except SourceRejected:
        raise
    except UnidentifiedImageError as exc:
        if kind is Kind.TIFF:
            message = "This kind of TIFF is not supported; use RGB or grey of 8 or 16 bits."
            raise SourceRejected(message, reason="unsupported_format") from exc
        message = f"The {name} is damaged at its start."
        raise SourceRejected(message, reason="corrupt") from exc
    except Image.DecompressionBombError as exc:
        raise SourceRejected("The image has too many pixels.", reason="too_many_pixels") from exc
    except (OSError, EOFError) as exc:
        reason = "truncated" if _cut_short(exc) else "corrupt"
        raise SourceRejected(f"The {name} is {reason}.", reason=reason) from exc
    except (
        SyntaxError,
        ValueError,
        LookupError,
        TypeError,
        ArithmeticError,
        RuntimeError,
        MemoryError,
        struct.error,
        zlib.error,
    ) as exc:
        raise SourceRejected(f"The {name} is corrupt.", reason="corrupt") from exc


def _cut_short(exc: Exception) -> bool:
    text = str(exc).lower()
    return isinstance(exc, EOFError) or "truncated" in text or "end of" in text


def _jpeg_pixels(image: Image.Image, data: bytes, *, strict: bool) -> NDArray[np.uint8] | None:
    """(H, W, 4) straight from the decoder: the same levels as Pillow's, in half the time.

    None where Pillow has to decode it. Raises OSError if rows are missing, which Pillow would
    fill with grey without a word.
    """
    if image.format != Kind.JPEG or image.mode not in SPACES:
        return None
    colors = image.mode == "RGB"
    pixels = allocate(image.height, image.width) if colors else None
    space = SPACES[image.mode]
    try:
        simplejpeg.decode_jpeg(data, colorspace=space, buffer=pixels, strict=strict)
    except ValueError as exc:
        if strict and _cut_short(exc):
            raise OSError(str(exc)) from exc
        return None  # Unusual or damaged: Pillow decides, and its errors are telling.
    return pixels


def _ends_empty(image: Image.Image) -> bool:
    """Whether the last row is as it was before anything was decoded."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    return not np.asarray(last).any()


def to_pixels(rgba: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 4) of an RGBA image, copied once: `np.array` would copy it piece by piece, thrice."""
    pixels = allocate(rgba.height, rgba.width)
    target = Image.frombuffer("RGBA", rgba.size, pixels, "raw", "RGBA", 0, 1)
    target.readonly = 0
    target.paste(rgba)
    return pixels
