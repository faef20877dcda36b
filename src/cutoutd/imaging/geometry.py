"""Where the subject is, and moving it: region, crop, placement, size."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Crop, Length, Placement, Prompt, Region, Unit
from cutoutd.command.geometry import Box

Extent = tuple[float, float, float, float]
"""In the same order: how far something reaches beyond a box, as shares of its width or height."""
NO_EXTENT: Extent = (0.0, 0.0, 0.0, 0.0)


def bounding_box(alpha: NDArray[np.uint8] | NDArray[np.bool_]) -> Box | None:
    """The least box around everything that is not zero. alpha: (H, W)."""
    rows = np.flatnonzero(np.bitwise_or.reduce(alpha, axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(np.bitwise_or.reduce(alpha[rows[0] : rows[-1] + 1], axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def clear_outside(mask: NDArray[np.uint8], region: Region | None) -> NDArray[np.uint8]:
    """The mask, (H, W) levels, with background outside a region; None: as it is.

    The four lengths are where the sides are, counted from the left and top of the image.
    """
    if region is None:
        return mask
    height, width = mask.shape
    left, right = (round(in_pixels(edge, width)) for edge in (region.left, region.right))
    top, bottom = (round(in_pixels(edge, height)) for edge in (region.top, region.bottom))
    inside = np.s_[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    cleared = np.zeros_like(mask)
    cleared[inside] = mask[inside]
    return cleared


def exceeds(region: Region, width: int, height: int) -> bool:
    """Whether a side of the region lies beyond the right or lower edge of an image, in px."""
    across = (in_pixels(edge, width) for edge in (region.left, region.right))
    down = (in_pixels(edge, height) for edge in (region.top, region.bottom))
    return max(across) > width or max(down) > height


def to_percent(prompt: Prompt, width: int, height: int) -> Prompt:
    """The prompt with every length as a percentage of the image's side, at any size alike.

    width, height: of the image that its pixels count in.
    """

    def across(length: Length) -> Length:
        return Length(value=100 * in_pixels(length, width) / width, unit=Unit.PERCENT)

    def down(length: Length) -> Length:
        return Length(value=100 * in_pixels(length, height) / height, unit=Unit.PERCENT)

    return Prompt(
        points=tuple(replace(p, x=across(p.x), y=down(p.y)) for p in prompt.points),
        boxes=tuple(
            Region(
                left=across(box.left),
                top=down(box.top),
                right=across(box.right),
                bottom=down(box.bottom),
            )
            for box in prompt.boxes
        ),
    )


def crop(rgba: NDArray[np.uint8], margins: Crop, extent: Extent = NO_EXTENT) -> NDArray[np.uint8]:
    """Cut a cutout down to its subject and the margins that were asked for.

    rgba: (H, W, 4). A margin beyond the image is transparent. Percentages are of the
    subject's own width or height. Without a subject nothing is cut. extent: what reaches beyond
    the subject and is not cut off either.
    """
    box = bounding_box(rgba[..., 3])
    if box is None:
        return rgba
    left, top, right, bottom = add_margins(box, margins)
    across, down = box[2] - box[0], box[3] - box[1]
    left = min(left, box[0] - math.ceil(extent[0] * across))
    top = min(top, box[1] - math.ceil(extent[1] * down))
    right = max(right, box[2] + math.ceil(extent[2] * across))
    bottom = max(bottom, box[3] + math.ceil(extent[3] * down))
    canvas = np.zeros((max(1, bottom - top), max(1, right - left), 4), dtype=np.uint8)
    _put(rgba, canvas, -left, -top)
    return canvas


def add_margins(box: Box, margins: Crop) -> Box:
    """The box with its margins around it."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    return (
        left - round(in_pixels(margins.left, width)),
        top - round(in_pixels(margins.top, height)),
        right + round(in_pixels(margins.right, width)),
        bottom + round(in_pixels(margins.bottom, height)),
    )


def place(rgba: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """Scale the subject and move it on a canvas of the same size. rgba: (H, W, 4)."""
    box = bounding_box(rgba[..., 3])
    if box is None:
        return rgba
    height, width = rgba.shape[:2]
    subject = rgba[box[1] : box[3], box[0] : box[2]]
    if placement.scale is not None:
        factor = placement.scale * min(width / subject.shape[1], height / subject.shape[0])
        if placement.max_enlargement is not None:
            factor = min(factor, placement.max_enlargement)
        subject = resize_premultiplied(
            subject,
            max(1, min(width, round(subject.shape[1] * factor))),
            max(1, min(height, round(subject.shape[0] * factor))),
        )
    canvas = np.zeros_like(rgba)
    left = round((width - subject.shape[1]) * placement.x)
    top = round((height - subject.shape[0]) * placement.y)
    _put(subject, canvas, left, top)
    return canvas


def shrink_to(rgba: NDArray[np.uint8], max_pixels: int) -> NDArray[np.uint8]:
    """The image with at most so many pixels. rgba: (H, W, 4)."""
    height, width = rgba.shape[:2]
    if height * width <= max_pixels:
        return rgba
    factor = math.sqrt(max_pixels / (height * width))
    return resize_premultiplied(rgba, max(1, int(width * factor)), max(1, int(height * factor)))


def resize_premultiplied(rgba: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Lanczos on premultiplied colours, so that nothing bleeds in from transparent pixels."""
    image = Image.fromarray(rgba).resize((width, height), Image.Resampling.LANCZOS)
    pixels = np.array(image)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def in_pixels(length: Length, side: int) -> float:
    """A length along a side of so many pixels."""
    return length.value if length.unit is Unit.PX else length.value * side / 100


def _put(source: NDArray[np.uint8], canvas: NDArray[np.uint8], left: int, top: int) -> None:
    """Copy the part of an image that falls on the canvas when its corner is put there."""
    rows = slice(max(0, top), min(len(canvas), top + len(source)))
    columns = slice(max(0, left), min(canvas.shape[1], left + source.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        canvas[rows, columns] = source[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
