"""Samples of every depth as 8 bits."""

import numpy as np
from PIL import Image, TiffImagePlugin

PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
DEEPEST = 65_535


def eight_bits(image: Image.Image) -> Image.Image:
    """Scale deep grey to 8 bits: Pillow itself would cut it off at 255."""
    if not image.mode.startswith("I") and image.mode != "F":
        return image
    levels = np.asarray(image).astype(np.float64)
    if image.mode == "F":
        top = 1.0 if np.nanmax(levels) <= 1 else 255.0
    else:
        top = float(DEEPEST) if image.mode != "I" or levels.max() <= DEEPEST else 2.0**31 - 1
    scaled = np.clip(np.nan_to_num(levels) * (255 / top), 0, 255)
    if image.mode.startswith("I;16") and _white_is_zero(image):
        scaled = 255 - scaled  # Pillow turns only 8 bits and fewer.
    grey = Image.fromarray(np.rint(scaled).astype(np.uint8))
    clear = image.info.get("transparency")
    if clear is None:
        return grey
    alpha = np.where(levels == clear, 0, 255).astype(np.uint8)
    return Image.merge("LA", (grey, Image.fromarray(alpha)))


def _white_is_zero(image: Image.Image) -> bool:
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    return bool(image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO)
