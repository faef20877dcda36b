"""Drawn images with a known truth, so that tests need no photos."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SUBJECT = (200, 60, 40)
BACKDROP = (60, 110, 190)


def true_alpha(
    width: int = 320, height: int = 240, *, softness_px: float = 2.0
) -> NDArray[np.uint8]:
    """(H, W) levels 0..255: one ball in the middle, its edge blurred."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = min(width, height) * 0.3
    inside = np.hypot(x - width / 2, y - height / 2) < radius
    alpha = Image.fromarray((inside * 255).astype(np.uint8))
    return np.asarray(alpha.filter(ImageFilter.GaussianBlur(softness_px)))


def ball(width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """(H, W, 3): the ball of `true_alpha`, shaded, before a plain backdrop."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    shade = (1.15 - 0.5 * (x / width + y / height) / 2)[..., None]
    alpha = true_alpha(width, height)[..., None] / 255
    composed = alpha * np.array(SUBJECT) * shade + (1 - alpha) * np.array(BACKDROP)
    return np.clip(composed, 0, 255).astype(np.uint8)


def encoded(pixels: NDArray[np.uint8], image_format: str = "PNG", **options: object) -> bytes:
    """The pixels as the bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> Image.Image:
    """An image file's image, fully read."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture
