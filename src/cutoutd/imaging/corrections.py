"""A mask corrected by a person: strokes of a brush and painted images, resolved with the image.

What is painted is certain in its middle only. From there it floods over like colours to the next
edge, at most to the rim of what was painted: between middle and rim closed-form matting decides,
held outside the rim to whatever looks different from the middle.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from cutoutd.command import Stroke, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.budget import Budget, OverBudget
from cutoutd.imaging.dissection import solve_closed_form
from cutoutd.imaging.geometry import Box, bounding_box
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
RADIUS, EPSILON = 2, 1e-5
LEVELS_LOW, LEVELS_HIGH = 0.15, 0.85
"""Less than the one is nothing, more than the other all: no haze where a person has decided."""
FEATHER_PX = 1.5


class Marks(NamedTuple):
    """What was painted with one mind: all of it subject, or all background."""

    keep: bool
    core: Bytes
    """(H, W): 255 where it is certain."""
    rim: Bytes
    """(H, W): 255 up to where it may flood."""


def correct(
    mask: Bytes, rgba: Bytes, marks: Sequence[Marks], *, budget: Budget
) -> tuple[Bytes, tuple[str, ...]]:
    """The mask, (H, W) levels, with everything that was painted, the later over the earlier.

    rgba: (H, W, 4). Beyond the rims nothing changes. Returns it with a note where time ran out.
    """
    mask = mask.copy()
    notes: tuple[str, ...] = ()
    for one in marks:
        box = bounding_box(one.rim)
        if box is None:
            continue
        near = _enlarge(box, mask.shape)
        place = np.s_[near[1] : near[3], near[0] : near[2]]
        part = mask[place] if one.keep else 255 - mask[place]
        flooded = one.core[place]
        try:
            flooded = _flood(part, rgba[place], one.core[place], one.rim[place], budget)
        except OverBudget:
            notes = (OVER_BUDGET,)
        grown = np.maximum(part, np.maximum(flooded, one.core[place]))
        rim = Image.fromarray(one.rim[place]).filter(ImageFilter.GaussianBlur(FEATHER_PX))
        soft = np.minimum(np.asarray(rim), one.rim[place])
        share = np.maximum(soft, one.core[place]).astype(np.float32) / 255
        blended = np.rint(part + (grown.astype(np.float32) - part) * share).astype(np.uint8)
        mask[place] = blended if one.keep else 255 - blended
    return mask, notes


def _enlarge(box: Box, shape: tuple[int, ...]) -> Box:
    reach = 8 + round(AROUND * max(box[2] - box[0], box[3] - box[1]))
    left, top, right, bottom = box
    return (
        max(0, left - reach),
        max(0, top - reach),
        min(shape[1], right + reach),
        min(shape[0], bottom + reach),
    )


def _flood(mask: Bytes, rgba: Bytes, core: Bytes, rim: Bytes, budget: Budget) -> Bytes:
    """How far subject reaches from the core, (H, W) levels; of use up to the rim."""
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


def marks_of_strokes(strokes: Sequence[Stroke], shape: tuple[int, ...]) -> list[Marks]:
    """What was painted on an image of (H, W): strokes in a row that mean the same, together.

    Raises InvalidRequest for a stroke outside the image.
    """
    marks: list[Marks] = []
    run: list[Stroke] = []
    for stroke in strokes:
        if run and run[0].keep is not stroke.keep:
            marks.append(_draw(run, shape))
            run = []
        run.append(stroke)
    return [*marks, _draw(run, shape)] if run else marks


def _draw(strokes: Sequence[Stroke], shape: tuple[int, ...]) -> Marks:
    height, width = shape[:2]
    core, rim = (Image.new("L", (width, height)) for _ in range(2))
    for stroke in strokes:
        across, down = (1, 1) if stroke.unit is Unit.PX else (width, height)
        points = [(x * across, y * down) for x, y in stroke.points]
        if any(not (0 <= x <= width and 0 <= y <= height) for x, y in points):
            raise InvalidRequest("strokes: a stroke lies outside the image.", field="strokes")
        radius = stroke.radius * (1 if stroke.unit is Unit.PX else max(width, height))
        _draw_line(rim, points, max(0.5, radius))
        _draw_line(core, points, max(0.5, radius * CORE))
    return Marks(strokes[0].keep, np.array(core), np.array(rim))


def _draw_line(image: Image.Image, points: list[tuple[float, float]], radius: float) -> None:
    draw = ImageDraw.Draw(image)
    if len(points) > 1:
        draw.line(points, fill=255, width=max(1, round(2 * radius)), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def marks_of_image(painted: Bytes, shape: tuple[int, ...], *, keep: bool) -> Marks:
    """What a painted image means: white is certain but for its own rim. painted: (H, W, 4).

    Raises InvalidRequest for an image of another size.
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
    most = PAINTED_RIM * max(height, width)
    inside = distance_to(~solid, most=most) if solid.any() and not solid.all() else None
    rim = np.where(solid, np.uint8(255), np.uint8(0))
    if inside is None:
        return Marks(keep, rim, rim)
    certain = solid & (inside > min(most, float(inside[solid].max()) / 2))
    return Marks(keep, np.where(certain, np.uint8(255), np.uint8(0)), rim)
