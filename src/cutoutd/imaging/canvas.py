"""A subject on a canvas of another size: how large it is, where it stands, and moving it there."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Canvas, Fit, Length, Placement, ReferenceBox, Sides, Unit
from cutoutd.command.geometry import Box, check_room
from cutoutd.errors import InvalidRequest

CENTERED = Placement()


class Reference(NamedTuple):
    """What is fitted into the canvas: a box in the image, in px."""

    box: Box
    cropped: tuple[bool, bool, bool, bool]
    """Left, top, right, bottom: whether the image's frame cuts it off there."""
    extent: tuple[float, float, float, float]
    """Likewise: what reaches beyond it (a shadow, an outline), as shares of its width or height."""


class Layout(NamedTuple):
    """Where an image lies on a canvas."""

    width: int
    height: int
    factor: float
    """Canvas pixels for each pixel of the image."""
    left: float
    top: float
    """The image's own corner on the canvas, in px; may be negative."""


class _Axis(NamedTuple):
    """One direction: horizontal or vertical."""

    length: int
    near: Length
    far: Length
    extents: tuple[float, float]
    snaps: tuple[bool, bool]

    def padding(self, side: float) -> tuple[float, float]:
        """In px of a canvas so wide (or high)."""
        near, far = (
            one.value if one.unit is Unit.PX else one.value * side / 100
            for one in (self.near, self.far)
        )
        return near, far

    def most(self, side: float, share: float | None) -> float:
        """The largest factor at which the box keeps to its room."""
        room = side - sum(self.padding(side))
        around = side / (self.length * (1 + sum(self.extents)))
        filled = math.inf if share is None else share * side / self.length
        return min(room / self.length, around, filled)

    def side_for(self, factor: float, share: float | None) -> float:
        """The least canvas side on which the box at that factor keeps to its room."""
        length = self.length * factor
        fixed = sum(one.value for one in (self.near, self.far) if one.unit is Unit.PX)
        left_over = 1 - sum(
            one.value / 100 for one in (self.near, self.far) if one.unit is Unit.PERCENT
        )
        filled = 0.0 if share is None else length / share
        return max((length + fixed) / left_over, filled, length * (1 + sum(self.extents)))

    def start(self, side: float, factor: float, place: float) -> float:
        """Where the box begins."""
        length = self.length * factor
        if self.snaps[0] != self.snaps[1]:
            return 0.0 if self.snaps[0] else side - length
        near, far = self.padding(side)
        start = near + (side - near - far - length) * place
        least, most = (extent * length for extent in self.extents)
        return max(least, min(start, side - length - most)) if side > length else start


def lay_out(
    reference: Reference, canvas: Canvas, placement: Placement | None, *, max_pixels: int
) -> Layout:
    """Size and place a reference box on a canvas.

    Raises InvalidRequest for paddings that leave no room and canvases of too many pixels.
    """
    check_room(canvas)
    placed = placement or CENTERED
    across, down = _axes(reference, canvas)
    share = placed.scale
    width, height = _size(across, down, canvas, placed)
    _check_size(width, height, max_pixels)
    most = [down.most(height, share)]
    if canvas.reference is not ReferenceBox.HEAD:
        most.append(across.most(width, share))
    factor = min(most) if canvas.fit is Fit.CONTAIN else max(most)
    factor = min(factor, _limit(placed))
    left = across.start(width, factor, placed.x) - reference.box[0] * factor
    top = down.start(height, factor, placed.y) - reference.box[1] * factor
    return Layout(width, height, factor, left, top)


def _axes(reference: Reference, canvas: Canvas) -> tuple[_Axis, _Axis]:
    left, top, right, bottom = reference.box
    padding = canvas.padding
    cropped = reference.cropped if canvas.snap_cropped_sides else (False,) * 4
    lengths = [
        Length(value=0) if cut else length
        for length, cut in zip(_in_order(padding), cropped, strict=True)
    ]
    extent = [0.0 if cut else share for share, cut in zip(reference.extent, cropped, strict=True)]
    return (
        _Axis(
            max(1, right - left),
            lengths[0],
            lengths[2],
            (extent[0], extent[2]),
            (cropped[0], cropped[2]),
        ),
        _Axis(
            max(1, bottom - top),
            lengths[1],
            lengths[3],
            (extent[1], extent[3]),
            (cropped[1], cropped[3]),
        ),
    )


def _in_order(sides: Sides) -> tuple[Length, Length, Length, Length]:
    """As boxes are: left, top, right, bottom."""
    return sides.left, sides.top, sides.right, sides.bottom


def _size(across: _Axis, down: _Axis, canvas: Canvas, placed: Placement) -> tuple[int, int]:
    """Width and height: what is given, and what follows from it."""
    width, height, ratio = canvas.width, canvas.height, canvas.ratio
    share, limit = placed.scale, _limit(placed)
    if width is None and height is None:
        free = across.side_for(1, None if canvas.reference is ReferenceBox.HEAD else share)
        wide, high = free, down.side_for(1, share)
        if ratio is not None:
            wide, high = max(wide, high * ratio), max(high, wide / ratio)
        return math.ceil(wide - 1e-9), math.ceil(high - 1e-9)
    if width is None:
        assert height is not None
        factor = min(down.most(height, share), limit)
        width = round(height * ratio) if ratio else math.ceil(across.side_for(factor, share) - 1e-9)
    elif height is None:
        factor = min(across.most(width, share), limit)
        height = round(width / ratio) if ratio else math.ceil(down.side_for(factor, share) - 1e-9)
    return max(1, width), max(1, height)


def _limit(placed: Placement) -> float:
    return math.inf if placed.max_enlargement is None else placed.max_enlargement


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise InvalidRequest(
            f"size: the canvas would have {width} x {height} pixels; "
            f"at most {max_pixels / 1e6:g} megapixels are allowed.",
            field="size",
        )


def put_on_canvas(rgba: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """(H, W, 4) to the canvas's size; what falls beside it is not computed.

    Lanczos on premultiplied colours, so that nothing bleeds in from transparent pixels.
    """
    canvas = np.zeros((layout.height, layout.width, 4), dtype=np.uint8)
    ends = [
        _visible(start, layout.factor, length, side)
        for start, length, side in (
            (layout.left, rgba.shape[1], layout.width),
            (layout.top, rgba.shape[0], layout.height),
        )
    ]
    (left, right, x0, x1), (top, bottom, y0, y1) = ends
    if right <= left or bottom <= top:
        return canvas
    image = Image.fromarray(rgba).resize(
        (right - left, bottom - top), Image.Resampling.LANCZOS, box=(x0, y0, x1, y1)
    )
    pixels = np.array(image)
    pixels[pixels[..., 3] == 0] = 0
    canvas[top:bottom, left:right] = pixels
    return canvas


def _visible(start: float, factor: float, length: int, side: int) -> tuple[int, int, float, float]:
    """The canvas's pixels that an image covers, and the part of the image beneath them."""
    near, far = max(0, round(start)), min(side, round(start + length * factor))
    if far == near and 0 <= near < side:
        far = near + 1  # Smaller than a pixel, but there.
    begin = max(0.0, (near - start) / factor)
    end = min(float(length), (far - start) / factor)
    return near, far, min(begin, length - 1e-3), max(end, begin + 1e-3) if end <= begin else end
