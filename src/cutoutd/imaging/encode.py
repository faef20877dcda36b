"""Pixels to the bytes of a file."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.png import encode_png
from cutoutd.imaging.threads import get_num_threads

MEDIA_TYPES = {
    ImageFormat.PNG: "image/png",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.AVIF: "image/avif",
    ImageFormat.GIF: "image/gif",
}
LONGEST_SIDE = {ImageFormat.WEBP: 16_383, ImageFormat.JPEG: 65_535, ImageFormat.AVIF: 65_535}
LOSSLESS = 100
"""The quality at which WebP is written without loss."""
AVIF_SPEED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What a file says about its pixels."""

    profile: bytes | None = None
    """ICC; None is sRGB."""
    dpi: tuple[float, float] | None = None


def encode(
    pixels: NDArray[np.uint8],
    image_format: ImageFormat,
    *,
    quality: int,
    png_level: int,
    tags: Tags,
) -> bytes:
    """Write an image in a format other than AUTO.

    pixels: (H, W) grey, (H, W, 3) or (H, W, 4) straight RGBA; JPEG takes no fourth channel.
    Raises InvalidRequest if the format cannot hold so wide or high an image.
    """
    longest = LONGEST_SIDE.get(image_format)
    if longest is not None and max(pixels.shape[:2]) > longest:
        raise InvalidRequest(
            f"A {image_format.upper()} image can be at most {longest} pixels wide and high.",
            field="format",
        )
    if image_format is ImageFormat.PNG:
        return encode_png(pixels, level=png_level, profile=tags.profile, dpi=tags.dpi)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, image_format.name, **_options(image_format, quality, tags))
    return file.getvalue()


def media_type(image_format: ImageFormat) -> str:
    """The MIME type of a format that `encode` writes."""
    return MEDIA_TYPES[image_format]


def _options(image_format: ImageFormat, quality: int, tags: Tags) -> dict[str, Any]:
    """What Pillow's writer of the format is told."""
    options: dict[str, Any] = {"quality": quality}
    if tags.profile is not None:
        options["icc_profile"] = tags.profile
    if image_format is ImageFormat.JPEG and tags.dpi is not None:
        options["dpi"] = tuple(round(value) for value in tags.dpi)
    if image_format is ImageFormat.WEBP:
        options["method"] = 2
        if quality >= LOSSLESS:
            options |= {"lossless": True, "exact": True, "quality": 20, "method": 1}
    if image_format is ImageFormat.AVIF:
        options |= {"speed": AVIF_SPEED, "max_threads": get_num_threads()}
    return options
