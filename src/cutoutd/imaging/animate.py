"""Frames to the bytes of one animated file."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.encode import LOSSLESS

ANIMATED = (ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.GIF)
CLEAR = 255
"""The place in a GIF's palette that is transparent."""
RESTORE_BACKGROUND = 2
"""GIF's disposal: what a frame shows is taken away before the next."""


def encode_animation(
    frames: Sequence[NDArray[np.uint8]],
    durations_ms: Sequence[int],
    image_format: ImageFormat,
    *,
    loops: int | None,
    quality: int,
) -> bytes:
    """Write frames, each of which replaces the one before, also where it is transparent.

    frames: (H, W), (H, W, 3) or (H, W, 4) straight RGBA, all of one size. loops: 0 is for ever,
    None is not said. Raises InvalidRequest for a format that has no frames.
    """
    if image_format not in ANIMATED:
        raise InvalidRequest("Only webp, png and gif hold frames.", field="format")
    images = [Image.fromarray(frame).convert("RGBA") for frame in frames]
    options: dict[str, Any] = {"duration": list(durations_ms)}
    if loops is not None:
        options["loop"] = loops
    if image_format is ImageFormat.GIF:
        images = [_to_palette(image) for image in images]
        options |= {"disposal": RESTORE_BACKGROUND, "transparency": CLEAR, "optimize": False}
    if image_format is ImageFormat.WEBP:
        options |= {"quality": quality, "method": 2, "lossless": quality >= LOSSLESS}
    file = io.BytesIO()
    first, *others = images
    first.save(file, image_format.name, save_all=True, append_images=others, **options)
    return file.getvalue()


def _to_palette(image: Image.Image) -> Image.Image:
    """RGBA as 255 colours and one that is clear: GIF knows no soft edges."""
    rgba = np.asarray(image)
    colors = image.convert("RGB").quantize(CLEAR)
    places = np.where(rgba[..., 3] < 128, CLEAR, np.asarray(colors)).astype(np.uint8)
    palette = colors.getpalette() or []
    reduced = Image.fromarray(places)
    reduced = reduced.convert("P") if reduced.mode != "P" else reduced
    reduced.putpalette([*palette, *[0] * 768][:768])
    return reduced
