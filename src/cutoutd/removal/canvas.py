"""From the cutout to the finished image: where the subject stands, and what lies behind it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Background, Canvas, Crop, ImageKind, ReferenceBox, RemoveBackground
from cutoutd.command.notes import HEAD_GUESSED
from cutoutd.imaging.canvas import Reference, lay_out, put_on_canvas
from cutoutd.imaging.compose import draw_contact_shadow, fill, fit_background, over
from cutoutd.imaging.decode import decode
from cutoutd.imaging.geometry import Box, add_margins, bounding_box, crop, place, shrink_to
from cutoutd.imaging.head import find_head
from cutoutd.removal.checks import VISIBLE, check_canvas

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
            cutout = crop(cutout, command.crop)
        if command.placement is not None:
            cutout = place(cutout, command.placement)
    if command.max_pixels is not None:
        cutout = shrink_to(cutout, command.max_pixels)
    return Arranged(cutout, np.ascontiguousarray(cutout[..., 3]), notes)


def _put_on_canvas(
    cutout: Pixels, command: RemoveBackground, canvas: Canvas, max_pixels: int
) -> tuple[Pixels, tuple[str, ...]]:
    """The cutout on its canvas, and what its maker should know."""
    reference, notes = _reference(cutout[..., 3], canvas, command.crop)
    layout = lay_out(reference, canvas, command.placement, max_pixels=max_pixels)
    arranged = put_on_canvas(cutout, layout)
    return arranged, (*notes, *check_canvas(arranged[..., 3], layout.factor, command))


def _reference(
    alpha: Pixels, canvas: Canvas, margins: Crop | None
) -> tuple[Reference, tuple[str, ...]]:
    """What is fitted into the canvas, and a note if that was guessed."""
    height, width = alpha.shape
    box: Box | None = (0, 0, width, height)
    notes: tuple[str, ...] = ()
    if canvas.reference is ReferenceBox.SUBJECT:
        box = bounding_box(alpha > VISIBLE)
    elif canvas.reference is ReferenceBox.HEAD:
        head = find_head(alpha)
        box = head and head.box
        notes = (HEAD_GUESSED,) if head and head.guessed else ()
    if box is None or canvas.reference is ReferenceBox.IMAGE:
        return Reference(box or (0, 0, width, height), (False,) * 4, (0.0,) * 4), notes
    cropped = (box[0] == 0, box[1] == 0, box[2] == width, box[3] == height)
    if margins is not None:
        box = add_margins(box, margins)
    return Reference(box, cropped, (0.0,) * 4), notes


def compose(
    cutout: Pixels,
    alpha: Pixels,
    command: RemoveBackground,
    backdrop: bytes | None,
    *,
    max_pixels: int,
) -> Pixels:
    """The cutout on its shadow on its background, (H, W, 4).

    backdrop: a file, of at most max_pixels. Raises SourceRejected if it cannot be used.
    """
    if not shows_colors(command):
        return cutout
    if command.shadow is not None:
        shadow = draw_contact_shadow(alpha, command.shadow.opacity)
        cutout = over(cutout, shadow, linear_light=command.linear_light)
    for layer in _background(cutout.shape, command.background, backdrop, max_pixels):
        cutout = over(cutout, layer, linear_light=command.linear_light)
    return cutout


def _background(
    shape: tuple[int, ...], background: Background | None, backdrop: bytes | None, max_pixels: int
) -> Iterator[Pixels]:
    """The background's layers, the nearest first."""
    if background is None:
        return
    if backdrop is not None:
        picture = decode(backdrop, max_pixels=max_pixels)
        yield fit_background(picture.pixels, shape, background.fit)
    if background.color is not None:
        yield fill(shape, background.color)
