"""Images that come with transparency: what the network is shown of them, and whose cutout counts.

Whatever lies under alpha 0 is chance: black in most files, and in our own. A network that sees it
takes a dark subject for its background.
"""

import numpy as np
from numpy.typing import NDArray

GROUNDS = ((255, 255, 255), (128, 128, 128), (0, 0, 0))
"""What a transparent image may be laid over; the first of equals."""
NEAREST = 20
"""Percentile of the distances to a ground that decides: a little of the subject may be as it."""
CLEAR = 128
"""Levels below it show more of the background than of the subject."""
LEAST_CLEAR = 0.02
"""Share of a cutout that is transparent, at least."""
LEAST_CLEAR_FRAME = 0.5
"""And of its outermost pixels."""
PLAIN = 0.97
"""How much of its rows' and columns' spans a disc or a rectangle fills, but hardly a subject."""
LOST, AGREED = 0.05, 0.6
"""Shares of what is opaque: fewer, and the network saw nothing; more, and it saw the same."""
SAMPLES = 65_536


def lay_on_contrast(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) straight RGBA -> the same, laid over what its opaque part stands out from.

    The fourth channel of what comes out is ignored (RGBX).
    """
    ground = np.array(_contrast(rgba), np.uint8)
    shown = np.empty_like(rgba)
    for rows in range(0, len(rgba), 256):
        part = rgba[rows : rows + 256].astype(np.uint16)
        alpha = part[..., 3:]
        mixed = part[..., :3] * alpha + ground * (255 - alpha) + 127
        shown[rows : rows + 256, :, :3] = mixed // 255
    shown[..., 3] = 255
    return shown


def cuts_out(alpha: NDArray[np.uint8], found: NDArray[np.uint8]) -> bool:
    """Whether an image's own alpha is a cutout already, so that it counts and not the network.

    alpha: (H, W) of the file; found: (H, W), what the network sees in the opaque part. Most of
    the frame has to be transparent. Of a disc or a rectangle, which may as well be a photo that
    was cropped so, the network has to see most, or nothing.
    """
    opaque = alpha >= CLEAR
    frame = np.concatenate((opaque[0], opaque[-1], opaque[:, 0], opaque[:, -1]))
    if opaque.mean() > 1 - LEAST_CLEAR or frame.mean() > 1 - LEAST_CLEAR_FRAME:
        return False
    total = int(opaque.sum())
    if total == 0 or not _is_plain(opaque, total):
        return True
    seen = np.count_nonzero(opaque & (found >= CLEAR)) / total
    return bool(seen < LOST or seen > AGREED)


def _contrast(rgba: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Of the grounds, the one that the opaque part is farthest from."""
    step = max(1, rgba.shape[0] * rgba.shape[1] // SAMPLES)
    samples = rgba.reshape(-1, 4)[::step]
    colors = samples[samples[:, 3] >= CLEAR, :3].astype(np.int32)
    if not len(colors):
        return GROUNDS[0]
    return max(GROUNDS, key=lambda ground: _distance(colors, ground))


def _distance(colors: NDArray[np.int32], ground: tuple[int, int, int]) -> float:
    return float(np.percentile(np.abs(colors - np.array(ground)).max(axis=1), NEAREST))


def _is_plain(opaque: NDArray[np.bool_], total: int) -> bool:
    """Whether the opaque part has no dents and no holes."""
    return all(total >= PLAIN * _spans(side) for side in (opaque, opaque.T))


def _spans(opaque: NDArray[np.bool_]) -> int:
    """Pixels from the first to the last opaque one of each row."""
    rows = opaque[opaque.any(axis=1)]
    first, last = rows.argmax(axis=1), rows[:, ::-1].argmax(axis=1)
    return int((rows.shape[1] - first - last).sum())
