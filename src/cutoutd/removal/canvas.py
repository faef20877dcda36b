"""From the cutout to the finished image: where the subject stands, and what lies behind it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Background, ImageKind, RemoveBackground
from cutoutd.imaging.compose import draw_contact_shadow, fill, fit_background, over
from cutoutd.imaging.decode import decode
from cutoutd.imaging.geometry import crop, place, shrink_to

Pixels = NDArray[np.uint8]


def shows_colors(command: RemoveBackground) -> bool:
    """Whether anything but masks is asked for."""
    return any(output.kind is not ImageKind.MASK for output in command.outputs)


def moves(command: RemoveBackground, alpha: Pixels) -> bool:
    """Whether the finished image is on another grid than the source. alpha: (H, W)."""
    shrinks = command.max_pixels is not None and alpha.size > command.max_pixels
    return shrinks or command.crop is not None or command.placement is not None


def arrange(cutout: Pixels, alpha: Pixels, command: RemoveBackground) -> tuple[Pixels, Pixels]:
    """Crop, place, shrink: (H, W, 4) and (H, W) to another size, or as they are."""
    if not moves(command, alpha):
        return cutout, alpha
    if command.crop is not None:
        cutout = crop(cutout, command.crop)
    if command.placement is not None:
        cutout = place(cutout, command.placement)
    if command.max_pixels is not None:
        cutout = shrink_to(cutout, command.max_pixels)
    return cutout, np.ascontiguousarray(cutout[..., 3])


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
