"""A saliency mask to a trimap: surely subject, surely background, and the band between."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.threads import blocks, each

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255


def trimap_from_mask(
    mask: NDArray[np.uint8],
    *,
    foreground_above: int,
    background_below: int,
    erode_px: int,
) -> NDArray[np.uint8]:
    """Keep the sure parts of a saliency mask and leave a band between them open.

    mask: (H, W), levels 0 (background) to 255 (subject). Both limits are levels and
    exclusive. erode_px: side in pixels of the square that eats into both sure parts;
    0 leaves them whole. Returns (H, W) holding only BACKGROUND, UNKNOWN, FOREGROUND.

    Limits that overlap leave a pixel sure of both: it is subject.

    Source: the thresholds are rembg's, which every vendor here exposes. One change:
    at size 0 rembg still erodes by a 3x3 cross, as SciPy takes "no structure" to mean.
    Beyond the frame counts as background, so a cropped subject stays open at the edge.
    """
    trimap = np.full(mask.shape, UNKNOWN, dtype=np.uint8)

    def fill(rows: slice) -> None:
        near = slice(max(0, rows.start - erode_px), rows.stop + erode_px)
        inside = slice(rows.start - near.start, rows.stop - near.start)
        subject = (mask[near] > foreground_above).view(np.uint8)
        backdrop = (mask[near] < background_below).view(np.uint8)
        subject = erode(subject, erode_px, beyond=0)[inside]
        backdrop = erode(backdrop, erode_px, beyond=1)[inside]
        np.copyto(trimap[rows], BACKGROUND, where=backdrop.view(np.bool_))
        np.copyto(trimap[rows], FOREGROUND, where=subject.view(np.bool_))

    each(fill, blocks(len(mask)))
    return trimap


def erode(levels: NDArray[np.uint8], side: int, *, beyond: int) -> NDArray[np.uint8]:
    """The least level in a square of this side around each pixel.

    levels: (H, W); beyond: the level outside the frame. An even square reaches one pixel
    further up and left, as SciPy's does. The window doubles until it is wide enough, so the
    cost grows with the logarithm of the side.
    """
    if side <= 1:
        return levels
    before, after = side // 2, side - 1 - side // 2
    padded = np.pad(levels, ((before, after), (before, after)), constant_values=beyond)
    for axis in (0, 1):
        padded = _window_minimum(padded, side, axis)
    return padded


def _window_minimum(levels: NDArray[np.uint8], side: int, axis: int) -> NDArray[np.uint8]:
    """(…, n, …) -> (…, n - side + 1, …): the least of each run of `side` along the axis."""
    rows = np.moveaxis(levels, axis, 0)
    reach = 1
    while reach < side:
        step = min(reach, side - reach)
        rows = np.minimum(rows[: len(rows) - step], rows[step:])
        reach += step
    return np.moveaxis(rows, 0, axis)
