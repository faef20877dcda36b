"""From the cutout to the finished image: where the subject stands, and what lies behind it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Background, Canvas, ImageKind, ReferenceBox, RemoveBackground
from cutoutd.command.geometry import Box
from cutoutd.command.notes import HEAD_GUESSED
from cutoutd.imaging.canvas import Reference, lay_out, put_on_canvas
from cutoutd.imaging.compose import blur, fill, fit_background, over, without_subject
from cutoutd.imaging.decode import decode
from cutoutd.imaging.geometry import (
    NO_EXTENT,
    Extent,
    add_margins,
    bounding_box,
    crop,
    place,
    resize_premultiplied,
    shrink_to,
)
from cutoutd.imaging.head import find_head
from cutoutd.imaging.outline import draw_outline
from cutoutd.imaging.resize import as_image
from cutoutd.imaging.shadow import draw_shadow
from cutoutd.removal.checks import VISIBLE, check_canvas
from cutoutd.removal.model import ExtraImages

SKETCH_SIDE = 160
"""Px of a subject's longer side where only the reach of its shadow is asked for."""
Pixels = NDArray[np.uint8]


def shows_colors(command: RemoveBackground) -> bool:
    """Whether anything but masks is asked for."""
    return any(output.kind is not ImageKind.MASK for output in command.outputs)


def moves(command: RemoveBackground, alpha: Pixels) -> bool:
    """Whether the finished image is on another grid than the source. alpha: (H, W)."""
    shrinks = command.max_pixels is not None and alpha.size > command.max_pixels
    return shrinks or any((command.crop, command.placement, command.canvas))


class Arranged(NamedTuple):
    """A cutout in its place."""

    cutout: Pixels
    """(H, W, 4)."""
    alpha: Pixels
    """(H, W), its own."""
    notes: tuple[str, ...] = ()


def arrange(
    cutout: Pixels, alpha: Pixels, command: RemoveBackground, *, max_pixels: int
) -> Arranged:
    """Crop, place, shrink: (H, W, 4) and (H, W) to another size, or as they are.

    max_pixels: of the canvas. Raises InvalidRequest for one that is larger or leaves no room.
    """
    if not moves(command, alpha):
        return Arranged(cutout, alpha)
    notes: tuple[str, ...] = ()
    if command.canvas is not None:
        cutout, notes = _put_on_canvas(cutout, command, command.canvas, max_pixels)
    else:
        if command.crop is not None:
            cutout = crop(cutout, command.crop, extent_of(cutout, command))
        if command.placement is not None:
            cutout = place(cutout, command.placement)
    if command.max_pixels is not None:
        cutout = shrink_to(cutout, command.max_pixels)
    return Arranged(cutout, np.ascontiguousarray(cutout[..., 3]), notes)


def _put_on_canvas(
    cutout: Pixels, command: RemoveBackground, canvas: Canvas, max_pixels: int
) -> tuple[Pixels, tuple[str, ...]]:
    """The cutout on its canvas, and what its maker should know."""
    reference, notes = _reference(cutout, canvas, command)
    layout = lay_out(reference, canvas, command.placement, max_pixels=max_pixels)
    arranged = put_on_canvas(cutout, layout)
    return arranged, (*notes, *check_canvas(arranged[..., 3], layout.factor, command))


def _reference(
    cutout: Pixels, canvas: Canvas, command: RemoveBackground
) -> tuple[Reference, tuple[str, ...]]:
    """What is fitted into the canvas, and a note if that was guessed."""
    alpha = np.ascontiguousarray(cutout[..., 3])
    height, width = alpha.shape
    box: Box | None = (0, 0, width, height)
    notes: tuple[str, ...] = ()
    extent = NO_EXTENT
    if canvas.reference is ReferenceBox.SUBJECT:
        box, extent = bounding_box(alpha > VISIBLE), extent_of(cutout, command)
    elif canvas.reference is ReferenceBox.HEAD:
        head = find_head(alpha)
        box = head and head.box
        notes = (HEAD_GUESSED,) if head and head.guessed else ()
    if box is None or canvas.reference is ReferenceBox.IMAGE:
        return Reference(box or (0, 0, width, height), (False,) * 4, NO_EXTENT), notes
    cropped = _cut_off(box, alpha)
    if command.crop is not None:
        box = add_margins(box, command.crop)
    return Reference(box, cropped, extent), notes


def _cut_off(box: Box, alpha: Pixels) -> tuple[bool, bool, bool, bool]:
    """Left, top, right, bottom: where the image's frame cuts a subject off."""
    height, width = alpha.shape
    return (box[0] == 0, box[1] == 0, box[2] == width, box[3] == height)


def extent_of(cutout: Pixels, command: RemoveBackground) -> Extent:
    """How far the outline and the shadow of a cutout reach beyond it; nowhere beyond the frame.

    They are drawn small, with room on all sides, and looked at.
    """
    box = bounding_box(cutout[..., 3])
    if box is None or (command.outline is None and command.shadow is None):
        return NO_EXTENT
    subject = cutout[box[1] : box[3], box[0] : box[2]]
    height, width = subject.shape[:2]
    factor = SKETCH_SIDE / max(height, width)
    small = resize_premultiplied(
        subject, max(1, round(width * factor)), max(1, round(height * factor))
    )
    sketch = np.pad(small, ((SKETCH_SIDE, SKETCH_SIDE), (SKETCH_SIDE, SKETCH_SIDE), (0, 0)))
    drawn = bounding_box(_decorate(sketch, command)[..., 3] > VISIBLE) or (0, 0, 0, 0)
    high, wide = small.shape[:2]
    reach = (
        (SKETCH_SIDE - drawn[0]) / wide,
        (SKETCH_SIDE - drawn[1]) / high,
        (drawn[2] - SKETCH_SIDE - wide) / wide,
        (drawn[3] - SKETCH_SIDE - high) / high,
    )
    cut = _cut_off(box, cutout[..., 3])
    left, top, right, bottom = (
        0.0 if off else max(0.0, one) for one, off in zip(reach, cut, strict=True)
    )
    return left, top, right, bottom


def compose(
    cutout: Pixels,
    command: RemoveBackground,
    extra: ExtraImages,
    behind: Image.Image | None,
    *,
    max_pixels: int,
) -> Pixels:
    """The cutout on its outline on its shadow on its background, (H, W, 4).

    extra.background: a file, of at most max_pixels. behind: the source without its subject, where
    that is the background. Raises SourceRejected for a file that cannot be used.
    """
    if not shows_colors(command):
        return cutout
    cutout = _decorate(cutout, command)
    if command.background is None:
        return cutout
    for layer in _layers(cutout.shape, command.background, extra.background, behind, max_pixels):
        cutout = over(cutout, layer, linear_light=command.linear_light)
    return cutout


def source_behind(rgba: Pixels, alpha: Pixels, command: RemoveBackground) -> Image.Image | None:
    """The source without its subject, where it becomes the background. rgba: (H, W, 4)."""
    background = command.background
    if background is None or background.blur is None or background.picture is not None:
        return None
    return without_subject(rgba, alpha) if shows_colors(command) else None


def _decorate(cutout: Pixels, command: RemoveBackground) -> Pixels:
    """The cutout on its outline on its shadow."""
    outline, shadow = command.outline, command.shadow
    if outline is not None:
        alpha = np.ascontiguousarray(cutout[..., 3])
        line = draw_outline(alpha, outline.width, outline.color)
        cutout = over(cutout, line, linear_light=command.linear_light)
    if shadow is not None:
        shade = draw_shadow(cutout, shadow)
        cutout = over(cutout, shade, linear_light=command.linear_light)
    return cutout


def _layers(
    shape: tuple[int, ...],
    background: Background,
    file: bytes | None,
    behind: Image.Image | None,
    max_pixels: int,
) -> Iterator[Pixels]:
    """The background's layers, the nearest first."""
    if file is not None:
        pixels = decode(file, max_pixels=max_pixels).pixels
        if background.blur:
            pixels = blur(as_image(pixels), background.blur)
        yield fit_background(pixels, shape, background.fit)
    elif behind is not None:
        yield fit_background(blur(behind, background.blur or 0), shape, background.fit)
    if background.color is not None:
        yield fill(shape, background.color)
