"""Layers: one before the other, and what lies behind the subject."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cutoutd.command import Fit
from cutoutd.imaging.geometry import resize_premultiplied
from cutoutd.imaging.threads import blocks, each

BLURRED_SIDE = 1000
"""More pixels than that would not be seen in what is blurred."""
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


def without_subject(rgba: Pixels, alpha: Pixels) -> Image.Image:
    """What surrounds the subject, small and opaque; where the subject is, a guess from around it.

    rgba: (H, W, 4); alpha: (H, W), of the subject.
    """
    factor = min(1.0, BLURRED_SIDE / max(alpha.shape))
    size = (max(1, round(alpha.shape[1] * factor)), max(1, round(alpha.shape[0] * factor)))
    shares = np.minimum(rgba[..., 3], 255 - alpha)
    around = Image.fromarray(rgba[..., :3]).resize(size, Image.Resampling.BOX)
    around.putalpha(Image.fromarray(shares).resize(size, Image.Resampling.BOX))
    filled = _fill_from_coarser(around)
    filled.putalpha(255)
    return filled


def _fill_from_coarser(image: Image.Image) -> Image.Image:
    """What is transparent takes the colour of the image at half its size, and so on.

    Source: Gortler, Grzeszczuk, Szeliski and Cohen 1996, "The lumigraph", the pull-push algorithm.
    """
    if max(image.size) <= 1:
        return image
    half = (max(1, image.width // 2), max(1, image.height // 2))
    coarser = _fill_from_coarser(image.resize(half, Image.Resampling.BOX))
    return Image.alpha_composite(coarser.resize(image.size, Image.Resampling.BILINEAR), image)


def blur(image: Image.Image, share: float) -> Pixels:
    """Blurred by a Gaussian whose sigma is that share of the longer side, (H, W, 4)."""
    sigma = share * max(image.size)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)))
