"""Layers: the subject, its shadow, and what lies behind."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cutoutd.command import Fit
from cutoutd.imaging.geometry import bounding_box, resize_premultiplied
from cutoutd.imaging.threads import blocks, each

SHADOW_HEIGHT = 0.12
"""Of the subject's height: how far a shadow on the ground reaches when seen from the front."""
SHADOW_SOFTNESS = 0.03
"""Of the subject's longer side: sigma of the blur."""
LINEAR_STEPS = 4096

Pixels = NDArray[np.uint8]


def over(front: Pixels, behind: Pixels, *, linear_light: bool) -> Pixels:
    """One straight RGBA image before another of the same size, (H, W, 4)."""
    if not linear_light:
        return np.array(Image.alpha_composite(Image.fromarray(behind), Image.fromarray(front)))
    blended = np.empty_like(front)

    def blend_strip(rows: slice) -> None:
        blended[rows] = _over_in_linear_light(front[rows], behind[rows])

    each(blend_strip, blocks(len(front)))
    return blended


def _over_in_linear_light(front: Pixels, behind: Pixels) -> Pixels:
    to_linear, to_srgb = _curves()
    near = front[..., 3:].astype(np.float32) / 255
    far = (1 - near) * (behind[..., 3:].astype(np.float32) / 255)
    alpha = near + far
    light = to_linear[front[..., :3]] * near + to_linear[behind[..., :3]] * far
    light /= np.maximum(alpha, 1e-6)
    colors = to_srgb[np.rint(np.sqrt(light) * (LINEAR_STEPS - 1)).astype(np.int64)]
    return np.concatenate([colors, np.rint(alpha * 255).astype(np.uint8)], axis=-1)


@cache
def _curves() -> tuple[NDArray[np.float32], Pixels]:
    """Level of sRGB to light 0..1, and back from the root of light (so that dark steps are fine).

    Source: IEC 61966-2-1.
    """
    levels = np.arange(256) / 255
    light = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    back = np.linspace(0, 1, LINEAR_STEPS) ** 2
    curve = np.where(back <= 0.0031308, back * 12.92, 1.055 * back ** (1 / 2.4) - 0.055)
    return light.astype(np.float32), np.rint(curve * 255).astype(np.uint8)


def fill(shape: tuple[int, ...], color: tuple[int, int, int, int]) -> Pixels:
    """An image of one colour, (H, W, 4)."""
    canvas = np.empty((*shape[:2], 4), dtype=np.uint8)
    canvas[...] = color
    return canvas


def fit_background(image: Pixels, shape: tuple[int, ...], fit: Fit) -> Pixels:
    """A background image on a canvas of this height and width, centred.

    COVER fills the canvas and loses what does not fit, CONTAIN leaves the rest transparent.
    """
    height, width = shape[:2]
    ratios = (height / image.shape[0], width / image.shape[1])
    factor = max(ratios) if fit is Fit.COVER else min(ratios)
    new_width, new_height = (
        max(1, round(side * factor)) for side in (image.shape[1], image.shape[0])
    )
    image = resize_premultiplied(image, new_width, new_height)
    top, left = (new_height - height) // 2, (new_width - width) // 2
    if fit is Fit.COVER:
        return np.ascontiguousarray(image[top : top + height, left : left + width])
    canvas = fill(shape, (0, 0, 0, 0))
    canvas[-top : new_height - top, -left : new_width - left] = image
    return canvas


def draw_contact_shadow(alpha: Pixels, opacity: float) -> Pixels:
    """A soft shadow on the ground where the subject stands, (H, W, 4) black.

    alpha: (H, W). The subject's outline, laid flat around its lowest point and blurred.
    """
    canvas = fill(alpha.shape, (0, 0, 0, 0))
    box = bounding_box(alpha)
    if box is None:
        return canvas
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    depth = max(1, round(height * SHADOW_HEIGHT))
    flat = Image.fromarray(np.ascontiguousarray(alpha[top:bottom, left:right]))
    ground = Image.new("L", (alpha.shape[1], alpha.shape[0]))
    ground.paste(flat.resize((width, depth)), (left, bottom - round(depth * 0.6)))
    soft = ground.filter(ImageFilter.GaussianBlur(max(1.0, SHADOW_SOFTNESS * max(width, height))))
    canvas[..., 3] = np.rint(np.asarray(soft) * opacity)
    return canvas
