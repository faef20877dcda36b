"""Bytes to a `Picture`: upright, 8 bits a channel, in sRGB.

Only the formats named here are ever tried, the header's size is checked before a pixel is
decoded, and whatever else the file carries (GPS, camera, comments) is left behind. Of a file
with several frames the first is taken.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from cutoutd.command import ColorProfile
from cutoutd.errors import SourceRejected
from cutoutd.imaging import profiles
from cutoutd.imaging.memory import uninitialised
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.resize import as_image
from cutoutd.imaging.upright import EXIF_ORIENTATION, SIDEWAYS, turned

READERS = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    AvifImagePlugin.AvifImageFile,
    TiffImagePlugin.TiffImageFile,
    BmpImagePlugin.BmpImageFile,
    GifImagePlugin.GifImageFile,
)
FORMATS = tuple(reader.format for reader in READERS)
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")


def decode(
    data: bytes, *, max_pixels: int, color_profile: ColorProfile = ColorProfile.SRGB
) -> Picture:
    """Decode a picture file.

    Raises SourceRejected with the reason `empty`, `not_an_image`, `unsupported_format`,
    `too_many_pixels`, `truncated` or `corrupt`.
    """
    if not data:
        raise SourceRejected("The image is empty.", reason="empty")
    formats = (*FORMATS, *_heif_formats(data))
    with _refusing(), Image.open(io.BytesIO(data), formats=formats) as image:
        _check_size(image, max_pixels)
        fast = _jpeg_pixels(image, data)
        shown = image if fast is None else as_image(fast)
        rgba, profile, opaque = _rgba(shown, image, color_profile)
        pixels = fast if fast is not None and rgba is shown else _pixels(rgba)
        orientation = image.getexif().get(EXIF_ORIENTATION, 1)
        dpi = _dpi(image, sideways=orientation in SIDEWAYS)
        upright = turned(pixels, orientation)
    return Picture(pixels=upright, opaque=opaque, profile=profile, dpi=dpi)


def media_type_of(data: bytes, *, max_pixels: int) -> str:
    """The MIME type of a picture file, by its header alone; no pixel is decoded.

    Raises SourceRejected as `decode` does, for what the header can tell.
    """
    if not data:
        raise SourceRejected("The image is empty.", reason="empty")
    formats = (*FORMATS, *_heif_formats(data))
    with _refusing(), Image.open(io.BytesIO(data), formats=formats) as image:
        _check_size(image, max_pixels)
        return Image.MIME[str(image.format)]


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in our words what Pillow and its plugins raise over a bad file."""
    try:
        yield
    except SourceRejected:
        raise
    except UnidentifiedImageError as exc:
        names = "JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"
        raise SourceRejected(f"This is not a {names} image.", reason="not_an_image") from exc
    except Image.DecompressionBombError as exc:
        raise SourceRejected("The image has too many pixels.", reason="too_many_pixels") from exc
    except (OSError, EOFError) as exc:
        reason = "truncated" if _cut_short(exc) else "corrupt"
        raise SourceRejected(f"The image file is {reason}.", reason=reason) from exc
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
        raise SourceRejected("The image file is corrupt.", reason="corrupt") from exc


def _cut_short(exc: Exception) -> bool:
    text = str(exc).lower()
    return isinstance(exc, EOFError) or "truncated" in text or "end of" in text


def _heif_formats(data: bytes) -> tuple[str, ...]:
    """("HEIF",) if the bytes are HEIC and the extra that reads it is installed."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIC_BRANDS:
        return ()
    try:
        from pillow_heif import register_heif_opener
    except ImportError as exc:
        message = "HEIC images need cutoutd's `heif` extra, which this server does not have."
        raise SourceRejected(message, reason="unsupported_format") from exc
    register_heif_opener()
    return ("HEIF",)


def _check_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise SourceRejected(
            f"The image has {image.width} x {image.height} pixels; "
            f"at most {max_pixels / 1e6:g} megapixels are allowed.",
            reason="too_many_pixels",
        )


def _jpeg_pixels(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """(H, W, 4) straight from the decoder: the same levels as Pillow's, in half the time."""
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB":
        return None
    pixels = uninitialised(image.height, image.width)
    try:
        simplejpeg.decode_jpeg(data, colorspace="RGBA", buffer=pixels)
    except ValueError:  # Unusual or damaged: Pillow decides, and its errors are telling.
        return None
    return pixels


def _pixels(rgba: Image.Image) -> NDArray[np.uint8]:
    """(H, W, 4) of an RGBA image, copied once: `np.array` would copy it piece by piece, thrice."""
    pixels = uninitialised(rgba.height, rgba.width)
    target = Image.frombuffer("RGBA", rgba.size, pixels, "raw", "RGBA", 0, 1)
    target.readonly = 0
    target.paste(rgba)
    return pixels


def _rgba(
    shown: Image.Image, image: Image.Image, color_profile: ColorProfile
) -> tuple[Image.Image, bytes | None, bool]:
    """The pixels as RGBA, the profile that they are in, and whether all are opaque."""
    shown.load()
    shown = _eight_bits(shown)
    opaque = not (shown.has_transparency_data or shown.mode in ("PA", "La", "RGBa"))
    rgba, profile = profiles.to_rgba(shown, image.info.get("icc_profile"), color_profile)
    return rgba, profile, opaque


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale deep grey to 8 bits: Pillow itself would cut it off at 255."""
    if not image.mode.startswith("I") and image.mode != "F":
        return image
    levels = np.asarray(image).astype(np.float64)
    if image.mode == "F":
        top = 1.0 if np.nanmax(levels) <= 1 else 255.0
    else:
        top = 65_535.0 if image.mode != "I" or levels.max() <= 65_535 else 2.0**31 - 1
    scaled = np.clip(np.nan_to_num(levels) * (255 / top), 0, 255)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _dpi(image: Image.Image, *, sideways: bool) -> tuple[float, float] | None:
    """Pixels per inch of the upright picture, if the file states something sensible."""
    try:
        x, y = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(value) and value >= 1 for value in (x, y)):
        return None
    return (y, x) if sideways else (x, y)
