"""What a caller may do to a saliency mask before it becomes the alpha channel."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cutoutd.command import MaskEdits
from cutoutd.imaging.components import find_parts
from cutoutd.imaging.threads import blocks, each
from cutoutd.imaging.trimap import erode

VISIBLE = 8
"""Pixels above this level make a part; what links two parts more faintly does not."""
NEARLY_FULL = 250
"""Pixels below this level, enclosed by others, make a hole."""
SMOOTH_SIGMA = 2.0
SMOOTH_REACH = 8
"""Where SciPy cuts a Gaussian of that sigma off."""
SMOOTH_LEVEL = 127
OCTAGON = 0.414
"""Share of a radius that its octagon takes from a square; the rest comes from a diamond."""

Mask = NDArray[np.uint8]


def edit(mask: Mask, edits: MaskEdits) -> Mask:
    """Apply everything but `invert`, in the order of the fields. mask: (H, W) levels."""
    if edits.smooth:
        mask = smooth(mask)
    if edits.threshold is not None:
        mask = np.where(mask > edits.threshold, np.uint8(255), np.uint8(0))
    if edits.fill_holes:
        mask = fill_holes(mask)
    if edits.keep_largest or edits.min_area_px > 0:
        mask = remove_small_parts(
            mask, largest_only=edits.keep_largest, min_area_px=edits.min_area_px
        )
    if edits.edge_shift_px:
        mask = shift_edge(mask, edits.edge_shift_px)
    if edits.feather_px > 0:
        blur = ImageFilter.GaussianBlur(edits.feather_px)
        mask = np.asarray(Image.fromarray(mask).filter(blur))
    return mask


def smooth(mask: Mask) -> Mask:
    """Post-process as rembg does: open by a 3x3 cross, blur with sigma 2, cut at level 127.

    Source: `post_process` of rembg, whose result this is, up to pixels that the blur puts
    within rounding of the cut.
    """
    opened = 255 - _erode_by_cross(255 - _erode_by_cross(mask))
    around = np.pad(opened, SMOOTH_REACH, mode="symmetric")
    smoothed = np.empty_like(mask)

    def fill(place: tuple[slice, slice]) -> None:
        rows, columns = place
        near = around[
            rows.start : rows.stop + 2 * SMOOTH_REACH,
            columns.start : columns.stop + 2 * SMOOTH_REACH,
        ]
        if near.min() >= SMOOTH_LEVEL:
            smoothed[place] = 255
        elif near.max() < SMOOTH_LEVEL:
            smoothed[place] = 0
        else:
            down, across = (_blur_matrix(side) for side in near.shape)
            blurred = down @ near.astype(np.float64) @ across.T
            smoothed[place] = np.where(blurred < SMOOTH_LEVEL, 0, 255)

    places = [(rows, columns) for rows in blocks(len(mask)) for columns in blocks(mask.shape[1])]
    each(fill, places)
    return smoothed


def _blur_matrix(length: int) -> NDArray[np.float64]:
    """(length - 2 reach, length): each row averages one place's neighbours."""
    apart = np.arange(-SMOOTH_REACH, SMOOTH_REACH + 1)
    weights = np.exp(-0.5 * (apart / SMOOTH_SIGMA) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((length - 2 * SMOOTH_REACH, length))
    for row, line in enumerate(matrix):
        line[row : row + len(apart)] = weights
    return matrix


def _erode_by_cross(mask: Mask) -> Mask:
    """The least level among a pixel and its four neighbours in the frame."""
    least = mask.copy()
    np.minimum(least[1:], mask[:-1], out=least[1:])
    np.minimum(least[:-1], mask[1:], out=least[:-1])
    np.minimum(least[:, 1:], mask[:, :-1], out=least[:, 1:])
    np.minimum(least[:, :-1], mask[:, 1:], out=least[:, :-1])
    return least


def fill_holes(mask: Mask) -> Mask:
    """Make subject of whatever the subject encloses without a gap."""
    parts = find_parts(mask < NEARLY_FULL)
    filled = mask.copy()
    filled[parts.paint(~parts.touches_frame())] = 255
    return filled


def remove_small_parts(mask: Mask, *, largest_only: bool, min_area_px: int) -> Mask:
    """Drop the parts below an area, or all but the largest."""
    parts = find_parts(mask > VISIBLE)
    if not parts.count:
        return mask
    areas = parts.areas()
    kept = areas >= min_area_px
    if largest_only:
        kept &= np.arange(parts.count) == np.argmax(areas)
    return np.where(parts.paint(kept), mask, np.uint8(0))


def shift_edge(mask: Mask, distance_px: int) -> Mask:
    """Grow (positive) or shrink (negative) the subject by about this distance.

    The neighbourhood is an octagon. The frame is no edge: nothing grows or shrinks from it.
    """
    if distance_px > 0:
        return 255 - shift_edge(255 - mask, -distance_px)
    square = round(-distance_px * OCTAGON)
    shrunk = erode(mask, 2 * square + 1, beyond=255)
    for _ in range(-distance_px - square):
        shrunk = _erode_by_cross(shrunk)
    return shrunk
