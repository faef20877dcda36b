"""A mask corrected by a person: strokes of a brush and painted images, resolved with the image.

What is painted is certain in its middle only. From there it floods over like colours to the next
edge, at most to the rim of what was painted: between middle and rim closed-form matting decides,
held outside the rim to whatever looks different from the middle.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from cutoutd.command import Stroke, Unit
from cutoutd.command.geometry import Box
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.budget import Budget, OverBudget
from cutoutd.imaging.dissection import solve_closed_form
from cutoutd.imaging.geometry import bounding_box
from cutoutd.imaging.guided import apply, fit
from cutoutd.imaging.outline import distance_to
from cutoutd.imaging.resize import BOX, resize
from cutoutd.imaging.trimap import BACKGROUND, FOREGROUND, UNKNOWN

Bytes = NDArray[np.uint8]

OVER_BUDGET = "corrections_over_budget"
"""The note that there was no time left to find the edges of all that was painted."""
CORE = 0.3
"""Share of a brush's radius that is certain."""
PAINTED_RIM = 0.03
"""Share of the longer side by which what is certain of a painted image is thinner than it."""
OPEN_PIXELS = 6_000
"""What was painted is looked at so small that about as many pixels are open."""
AROUND = 0.25
"""Of its longer side: how much beside what was painted is looked at."""
ALIKE = 26
"""Levels, straight through RGB, by which colours differ and are still the same thing."""
USUAL = 0.2
"""Share of what is certain that has a colour which counts."""
SAMPLES = 48
MARGIN_SIDE = 800
"""Px of the longer side of the grid on which the rim of a painted image is measured."""
RADIUS, EPSILON = 2, 1e-5
LEVELS_LOW, LEVELS_HIGH = 0.15, 0.85
"""Less than the one is nothing, more than the other all: no haze where a person has decided."""
FEATHER_PX = 1.5


class Marks(NamedTuple):
    """What was painted with one mind: all of it subject, or all background."""

    keep: bool
    near: Box
    """Where it is in the image, and a little around."""
    core: Bytes
    """Of that box: 255 where it is certain."""
    rim: Bytes
    """Likewise: 255 up to where it may flood."""


def correct(
    mask: Bytes, rgba: Bytes, marks: Iterable[Marks], *, budget: Budget
) -> tuple[Bytes, tuple[str, ...]]:
    """The mask, (H, W) levels, with everything that was painted, the later over the earlier.

    rgba: (H, W, 4). Beyond the rims nothing changes. Returns it with a note where time ran out.
    """
    mask = mask.copy()
    notes: tuple[str, ...] = ()
    for keep, near, core, rim in marks:
        place = np.s_[near[1] : near[3], near[0] : near[2]]
        part = mask[place] if keep else 255 - mask[place]
        flooded = core
        try:
            flooded = _flood(part, rgba[place], core, rim, budget)
        except OverBudget:
            notes = (OVER_BUDGET,)
        grown = np.maximum(part, np.maximum(flooded, core))
        blurred = Image.fromarray(rim).filter(ImageFilter.GaussianBlur(FEATHER_PX))
        soft = np.minimum(np.asarray(blurred), rim)
        share = np.maximum(soft, core).astype(np.float32) / 255
        blended = np.rint(part + (grown.astype(np.float32) - part) * share).astype(np.uint8)
        mask[place] = blended if keep else 255 - blended
    return mask, notes


def _enlarge(box: Box, shape: tuple[int, ...]) -> Box:
    """The box and a little around it, within the image."""
    reach = 8 + round(AROUND * max(box[2] - box[0], box[3] - box[1]))
    left, top, right, bottom = box
    return (
        min(max(0, left - reach), shape[1] - 1),
        min(max(0, top - reach), shape[0] - 1),
        max(1, min(shape[1], right + reach)),
        max(1, min(shape[0], bottom + reach)),
    )


def _flood(mask: Bytes, rgba: Bytes, core: Bytes, rim: Bytes, budget: Budget) -> Bytes:
    """How far subject reaches from the core, (H, W) levels; of use up to the rim."""
    budget.spend(0)
    rgba = np.ascontiguousarray(rgba)
    scale: float = min(1.0, (OPEN_PIXELS / max(1, int(np.count_nonzero(rim)))) ** 0.5)
    size = (max(3, round(len(mask) * scale)), max(3, round(mask.shape[1] * scale)))
    small = resize(rgba, size, BOX)
    certain = resize(np.ascontiguousarray(core), size, BOX) > 127
    if not certain.any():
        return core
    within = resize(np.ascontiguousarray(rim), size, BOX) > 0
    alike = np.where(_is_alike(small, certain), FOREGROUND, BACKGROUND)
    trimap = np.where(within, UNKNOWN, alike).astype(np.uint8)
    trimap[resize(np.ascontiguousarray(mask), size, BOX) > 250] = FOREGROUND
    trimap[certain] = FOREGROUND
    if not (trimap == BACKGROUND).any():
        return np.full_like(mask, 255)
    alpha = solve_closed_form(small, trimap, budget=budget)
    alpha = np.clip((alpha - LEVELS_LOW) / (LEVELS_HIGH - LEVELS_LOW), 0, 1).astype(np.float32)
    guide = np.moveaxis(small[..., :3].astype(np.float32) / np.float32(255), -1, 0)
    fitted = fit(np.ascontiguousarray(guide), alpha, radius=RADIUS, epsilon=EPSILON)
    return apply(fitted[:4], rgba)


def _is_alike(rgba: Bytes, certain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a colour is one of those that are certain and not rare there, (h, w)."""
    pixels = rgba[..., :3].astype(np.int32)
    colors = pixels[certain]
    alike = np.zeros(certain.shape, dtype=np.bool_)
    for sample in colors[:: max(1, len(colors) // SAMPLES)][:SAMPLES]:
        near = ((pixels - sample) ** 2).sum(axis=2) <= ALIKE**2
        if np.count_nonzero(near[certain]) >= USUAL * len(colors):
            alike |= near
    return alike


def marks_of_strokes(strokes: Sequence[Stroke], shape: tuple[int, ...]) -> Iterator[Marks]:
    """What was painted on an image of (H, W): strokes in a row that mean the same, together.

    Raises InvalidRequest for a stroke outside the image, before the first is drawn.
    """
    height, width = shape[:2]
    for stroke in strokes:
        across, down = (width, height) if stroke.unit is Unit.PX else (1, 1)
        if any(not (0 <= x <= across and 0 <= y <= down) for x, y in stroke.points):
            raise InvalidRequest("strokes: a stroke lies outside the image.", field="strokes")
    runs = groupby(strokes, lambda stroke: stroke.keep)
    return (_draw(keep, tuple(run), shape) for keep, run in runs)


def _draw(keep: bool, strokes: Sequence[Stroke], shape: tuple[int, ...]) -> Marks:  # noqa: FBT001
    """Strokes as pixels, of the part of the image that they are in."""
    height, width = shape[:2]
    lines: list[tuple[list[tuple[float, float]], float]] = []
    for stroke in strokes:
        across, down = (1, 1) if stroke.unit is Unit.PX else (width, height)
        radius = stroke.radius * (1 if stroke.unit is Unit.PX else max(width, height))
        lines.append(([(x * across, y * down) for x, y in stroke.points], radius))
    left, top = (
        math.floor(min(point[axis] - radius for points, radius in lines for point in points))
        for axis in (0, 1)
    )
    right, bottom = (
        math.ceil(max(point[axis] + radius for points, radius in lines for point in points))
        for axis in (0, 1)
    )
    near = _enlarge((left, top, right, bottom), shape)
    core, rim = (Image.new("L", (near[2] - near[0], near[3] - near[1])) for _ in range(2))
    for points, radius in lines:
        moved = [(x - near[0], y - near[1]) for x, y in points]
        _draw_line(rim, moved, max(0.5, radius))
        _draw_line(core, moved, max(0.5, radius * CORE))
    return Marks(keep, near, np.array(core), np.array(rim))


def _draw_line(image: Image.Image, points: list[tuple[float, float]], radius: float) -> None:
    draw = ImageDraw.Draw(image)
    if len(points) > 1:
        draw.line(points, fill=255, width=max(1, round(2 * radius)), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def marks_of_image(painted: Bytes, shape: tuple[int, ...], *, keep: bool) -> list[Marks]:
    """What a painted image means: white is certain but for its own rim. painted: (H, W, 4).

    An image without white is ignored. Raises InvalidRequest for an image of another size.
    """
    field = "keep_mask" if keep else "remove_mask"
    height, width = shape[:2]
    if painted.shape[:2] != (height, width):
        raise InvalidRequest(
            f"{field}: it has {painted.shape[1]} x {painted.shape[0]} pixels, and the image "
            f"{width} x {height}; both must be the same.",
            field=field,
        )
    solid = (painted[..., :3].max(axis=2) > 127) & (painted[..., 3] > 127)
    rim = np.where(solid, np.uint8(255), np.uint8(0))
    box = bounding_box(rim)
    if box is None:
        return []
    near = _enlarge(box, shape)
    place = np.s_[near[1] : near[3], near[0] : near[2]]
    core = np.minimum(_middle(rim), rim)[place]
    return [Marks(keep, near, np.ascontiguousarray(core), np.ascontiguousarray(rim[place]))]


def _middle(rim: Bytes) -> Bytes:
    """What is certain of a painted image, (H, W): all but a margin at its own edge.

    It is measured on a small grid, as the margin is a share of the image.
    """
    height, width = rim.shape
    scale = min(1.0, MARGIN_SIDE / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    solid = resize(rim, size, BOX) > 127
    if solid.all() or not solid.any():
        return rim
    most = PAINTED_RIM * max(size)
    inside = distance_to(~solid, most=most)
    certain = inside > min(most, float(inside[solid].max()) / 2)
    shown = Image.fromarray(np.where(certain, np.uint8(255), np.uint8(0)))
    return np.asarray(shown.resize((width, height), Image.Resampling.NEAREST))
