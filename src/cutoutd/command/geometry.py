"""Places, distances and sizes: where something is in an image, and where it shall stand."""

from dataclasses import dataclass
from enum import StrEnum

from cutoutd.errors import InvalidRequest

Box = tuple[int, int, int, int]
"""Left, top, right, bottom; right and bottom exclusive."""


class Unit(StrEnum):
    """What a length counts in."""

    PX = "px"
    PERCENT = "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A distance: pixels, or a share of the side (or of the subject) it belongs to."""

    value: float
    unit: Unit = Unit.PX


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The only part of the image in which a subject may be found; the rest is background."""

    left: Length
    top: Length
    right: Length
    bottom: Length


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place in the image that belongs to the subject, or surely does not."""

    x: Length
    y: Length
    subject: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line of a round brush that says what is subject, and what is not."""

    points: tuple[tuple[float, float], ...]
    """x and y, from the left and top of the upright image."""
    radius: float
    keep: bool = True
    """False: background."""
    unit: Unit = Unit.PERCENT
    """PERCENT: shares 0..1 of the width and the height, the radius of the longer side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Which of several things is meant, for the models that have to be told."""

    points: tuple[Point, ...] = ()
    boxes: tuple[Region, ...] = ()
    """Each around a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """Cut away what holds no subject, then leave these margins (percent: of the subject)."""

    top: Length = Length(value=0)
    right: Length = Length(value=0)
    bottom: Length = Length(value=0)
    left: Length = Length(value=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where the subject stands on the canvas; shares are 0..1."""

    scale: float | None = None
    """Share of the canvas that the subject's longer side fills; None keeps its size."""
    x: float = 0.5
    y: float = 0.5
    """0 is left or top, 1 is right or bottom."""
    max_enlargement: float | None = None
    """The subject grows to at most so many times its pixels; None sets no limit."""


class Fit(StrEnum):
    """How an image fills a canvas."""

    COVER = "cover"
    CONTAIN = "contain"


class ReferenceBox(StrEnum):
    """What is fitted into a canvas, and stands where it is told."""

    SUBJECT = "subject"
    IMAGE = "image"
    """The whole image, framed as it was."""
    HEAD = "head"
    """Crown to chin, as far as the mask tells: for portraits. The rest may leave the canvas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One length for each side of a canvas; percentages are of the canvas's width or height."""

    top: Length = Length(value=0)
    right: Length = Length(value=0)
    bottom: Length = Length(value=0)
    left: Length = Length(value=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The size of the finished image. How large the subject stands there and where says Placement.

    A size that is not given follows from the subject at its own size, `padding` and `ratio`.
    """

    width: int | None = None
    height: int | None = None
    ratio: float | None = None
    """Width over height; only where one of both is not given."""
    padding: Sides = Sides()
    fit: Fit = Fit.CONTAIN
    """COVER fills what the padding leaves and loses what does not fit."""
    reference: ReferenceBox = ReferenceBox.SUBJECT
    snap_cropped_sides: bool = True
    """A subject that the image's frame cuts off stands at the canvas's edge on that side."""


def check_room(canvas: Canvas) -> None:
    """Raises InvalidRequest for paddings that leave no room on the canvas."""
    padding = canvas.padding
    for near, far, side in (
        (padding.left, padding.right, canvas.width),
        (padding.top, padding.bottom, canvas.height),
    ):
        share = sum(one.value / 100 for one in (near, far) if one.unit is Unit.PERCENT)
        fixed = sum(one.value for one in (near, far) if one.unit is Unit.PX)
        if share >= 1 or (side is not None and share * side + fixed >= side):
            raise InvalidRequest("padding: it leaves no room for the subject.", field="padding")
