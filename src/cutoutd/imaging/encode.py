"""Pixels to the bytes of a file."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat

MEDIA_TYPES = {
    ImageFormat.PNG: "image/png",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.AVIF: "image/avif",
}
LOSSLESS = 100
"""The quality at which WebP is written without loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What a file says about its pixels."""

    profile: bytes | None = None
    dpi: tuple[float, float] | None = None


def encode(
    pixels: NDArray[np.uint8],
    image_format: ImageFormat,
    *,
    quality: int,
    png_level: int,
    tags: Tags,
) -> bytes:
    """Write a picture.

    pixels: (H, W) grey, (H, W, 3) or (H, W, 4) straight RGBA; JPEG takes no fourth channel.
    """
    image = Image.fromarray(pixels)
    options: dict[str, Any] = {"icc_profile": tags.profile}
    if tags.dpi is not None and image_format in (ImageFormat.PNG, ImageFormat.JPEG):
        options["dpi"] = tags.dpi
    if image_format is ImageFormat.PNG:
        options["compress_level"] = png_level
    elif image_format is ImageFormat.WEBP and quality >= LOSSLESS:
        options |= {"lossless": True, "quality": 0, "method": 1}
    else:
        options["quality"] = quality
    file = io.BytesIO()
    image.save(file, image_format.name, **options)
    return file.getvalue()


def media_type(image_format: ImageFormat) -> str:
    """The MIME type of a format that `encode` writes."""
    return MEDIA_TYPES[image_format]
