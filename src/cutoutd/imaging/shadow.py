"""Shadows of a subject: where it stands, behind it, along the ground, and its mirror image."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from cutoutd.command import Shadow, ShadowKind
from cutoutd.imaging.geometry import bounding_box
from cutoutd.imaging.ground import Contact, find_contacts, lower_contour

Pixels = NDArray[np.uint8]
Transform = tuple[float, float, float, float, float, float]

SIDE = 700
"""Shadows are soft: they are drawn on a grid whose longer side has at most so many pixels."""
CORE, HALO = 0.006, 0.025
"""Sigma of the dark line where a part touches the ground, and of the haze around it; like all
shares below of the subject's longer side."""
THICKNESS = 0.012
"""Half the height of the dark line."""
BENEATH = 0.06
"""How far above the ground what hangs between two parts still darkens it."""
SOFTNESS = {ShadowKind.DROP: 0.025, ShadowKind.LONG: 0.012}
LENGTH = {ShadowKind.DROP: 0.04, ShadowKind.LONG: 0.6, ShadowKind.REFLECTION: 0.35}
FLATTENED = 0.35
"""Height of a long shadow beside its length: the ground is seen from a little above."""
STEEPEST = 0.12
"""The ground's rise that a long shadow follows: farther out, a steeper line is no ground."""
FADED = 0.25
"""What is left of a long shadow at its end."""


def draw_shadow(cutout: Pixels, shadow: Shadow) -> Pixels:
    """The shadow of a cutout, (H, W, 4), on a canvas of its own: what lies directly behind it."""
    height, width = cutout.shape[:2]
    if bounding_box(cutout[..., 3]) is None:
        return np.zeros_like(cutout)
    if shadow.kind is ShadowKind.REFLECTION:
        return _draw_reflection(cutout, shadow)
    factor = min(1.0, SIDE / max(height, width))
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    alpha = Image.fromarray(np.ascontiguousarray(cutout[..., 3])).resize(
        small, Image.Resampling.BOX
    )
    drawn = _DRAW[shadow.kind](np.asarray(alpha), shadow)
    soft = drawn.resize((width, height), Image.Resampling.BICUBIC)
    layer = np.empty_like(cutout)
    layer[..., :3] = shadow.color
    layer[..., 3] = np.rint(np.asarray(soft) * shadow.opacity)
    return layer


def _draw_contact(alpha: Pixels, _: Shadow) -> Image.Image:
    """Dark where a part touches the ground, hazy around it and beneath what hangs between."""
    contacts, size = find_contacts(alpha), _longer_side(alpha)
    core = Image.new("L", alpha.shape[::-1])
    halo = core.copy()
    thick = max(1.0, THICKNESS * size)
    for one in contacts:
        wide = max(thick, (one.right - one.left) * 0.06)
        lens = (one.left - wide, one.bottom - 1.6 * thick, one.right + wide, one.bottom + thick)
        ImageDraw.Draw(core).ellipse(lens, fill=255)
        around = (lens[0] - wide, lens[1] - thick, lens[2] + wide, lens[3] + 1.5 * thick)
        ImageDraw.Draw(halo).ellipse(around, fill=150)
    for one, other in pairwise(contacts):
        _darken_between(halo, lower_contour(alpha), one, other, reach=BENEATH * size)
    soft = np.asarray(_blur(halo, HALO * size)).astype(np.int16)
    dark = np.asarray(_blur(core, CORE * size)).astype(np.int16)
    return Image.fromarray(np.clip(soft * 0.8 + dark * (1 - soft * 0.8 / 255), 0, 255).astype("u1"))


def _darken_between(
    halo: Image.Image, contour: NDArray[np.int64], one: Contact, other: Contact, *, reach: float
) -> None:
    """The ground from one part to the next, the darker the nearer the subject is above it."""
    columns = np.arange(one.right, max(one.right, other.left))
    if not columns.size:
        return
    ground = np.interp(columns, (one.right, other.left), (one.bottom, other.bottom))
    draw = ImageDraw.Draw(halo)
    for column, floor in zip(columns.tolist(), ground.tolist(), strict=True):
        gap = floor - float(contour[column])
        level = round(170 / (1 + max(0.0, gap) / max(1.0, 2 * reach)))
        if contour[column]:
            draw.line((column, floor - reach / 2, column, floor + reach / 4), fill=level)


def _draw_drop(alpha: Pixels, shadow: Shadow) -> Image.Image:
    """The silhouette, moved away from the light."""
    size = _longer_side(alpha)
    length = _given(shadow.length, LENGTH[shadow.kind]) * size
    angle = np.deg2rad(shadow.angle)
    moved = Image.new("L", alpha.shape[::-1])
    offset = (round(float(np.cos(angle)) * length), round(float(np.sin(angle)) * length))
    moved.paste(Image.fromarray(alpha), offset)
    return _blur(moved, _given(shadow.softness, SOFTNESS[shadow.kind]) * size)


def _draw_long(alpha: Pixels, shadow: Shadow) -> Image.Image:
    """The silhouette laid on the ground, away from the light, softer and fainter with distance."""
    size, (slope, level) = _longer_side(alpha), _ground_line(alpha, steepest=STEEPEST)
    length = _given(shadow.length, LENGTH[shadow.kind])
    angle = np.deg2rad(shadow.angle)
    lean, flat = length * float(np.cos(angle)), length * FLATTENED * float(np.sin(angle))
    flat = flat if abs(flat) > 0.02 else 0.02
    shade = Image.fromarray(alpha).transform(
        alpha.shape[::-1], Image.Transform.AFFINE, _laid_down(slope, level, lean, flat)
    )
    softness = _given(shadow.softness, SOFTNESS[shadow.kind]) * size
    near, far = (np.asarray(_blur(shade, one)) for one in (softness / 3, softness * 1.5))
    rows, columns = _places(alpha)
    share = np.abs(level + slope * columns - rows) / max(1.0, abs(flat) * _height(alpha))
    share = np.clip(share, 0, 1)
    faded = (near * (1 - share) + far * share) * (1 - (1 - FADED) * share)
    return Image.fromarray(np.rint(faded).astype(np.uint8))


def _laid_down(slope: float, level: float, lean: float, flat: float) -> Transform:
    """From a point of the shadow back to the point of the subject that throws it.

    The ground is the line level + slope x. A point that high above it falls `lean` times so far to
    the right and `flat` times so far up.
    """
    # h = (g(x') - y') / flat, with x = x' - lean h and y = g(x) - h.
    a, b, c = slope / flat, -1 / flat, level / flat
    x = (1 - lean * a, -lean * b, -lean * c)
    y = (slope * x[0] - a, slope * x[1] - b, slope * x[2] + level - c)
    return (*x, *y)


def _draw_reflection(cutout: Pixels, shadow: Shadow) -> Pixels:
    """The mirror image below the ground, fading."""
    alpha = np.ascontiguousarray(cutout[..., 3])
    slope, level = _ground_line(alpha)
    mirror = (1.0, 0.0, 0.0, 2 * slope, -1.0, 2 * level)
    mirrored = Image.fromarray(cutout).transform(
        alpha.shape[::-1], Image.Transform.AFFINE, mirror, Image.Resampling.BILINEAR
    )
    layer = np.array(mirrored)
    rows, columns = _places(alpha)
    reach = max(1.0, _given(shadow.length, LENGTH[shadow.kind]) * _height(alpha))
    below = rows - level - slope * columns
    left = np.where(below < 0, 0, np.clip(1 - below / reach, 0, 1))
    layer[..., 3] = np.rint(layer[..., 3] * left * shadow.opacity)
    return layer


def _ground_line(alpha: Pixels, *, steepest: float = 1.0) -> tuple[float, float]:
    """Slope and level of the line through the outer parts that touch the ground."""
    contacts = find_contacts(alpha)
    if not contacts:
        box = bounding_box(alpha)
        return 0.0, float(box[3] if box else len(alpha))
    first, last = contacts[0], contacts[-1]
    if first is last:
        return 0.0, float(first.bottom)
    middles = [(one.left + one.right) / 2 for one in (first, last)]
    slope = (last.bottom - first.bottom) / (middles[1] - middles[0])
    slope = max(-steepest, min(slope, steepest))
    lowest, place = max((first.bottom, middles[0]), (last.bottom, middles[1]))
    return slope, lowest - slope * place


def _places(alpha: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each row's number, (H, 1), and each column's, (1, W)."""
    height, width = alpha.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    return rows, np.arange(width, dtype=np.float32)[None]


def _longer_side(alpha: Pixels) -> int:
    box = bounding_box(alpha)
    return max(box[2] - box[0], box[3] - box[1]) if box else 1


def _height(alpha: Pixels) -> int:
    box = bounding_box(alpha)
    return box[3] - box[1] if box else 1


def _given(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _blur(image: Image.Image, sigma: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(max(0.5, sigma)))


_DRAW: dict[ShadowKind, Callable[[Pixels, Shadow], Image.Image]] = {
    ShadowKind.CONTACT: _draw_contact,
    ShadowKind.DROP: _draw_drop,
    ShadowKind.LONG: _draw_long,
}
