"""Test-time augmentation: an image shown to a network more than once, its answers put together.

A network that is shown the mirror image errs elsewhere, so the mean of both answers errs less
(Krizhevsky, Sutskever and Hinton 2012 average over flips and crops likewise). And a subject that
is small in its frame is a few dozen pixels wide at the network's size; shown alone it has all of
them (the "zoom" of Qin et al. 2020 and of many since).
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.resize import resize_plane
from cutoutd.segmentation.models import Augmentation

Predict: TypeAlias = Callable[[NDArray[np.uint8]], Plane]
"""(H, W, 3 or 4) -> (h, w) probability of subject, 0..1, or NaN."""

SUBJECT, CONFIDENT = 0.5, 0.8
"""Probabilities from which a pixel is subject, and from which there surely is one."""
SMALL = 0.5
"""A box of at most this part of the frame is looked at again."""
MARGIN = 0.18
"""Around the subject's box, as a part of its sides: what it stands before is a clue."""
WEIGHT = 0.6
"""Of the second look; the first one saw the scene around."""
FINER = 2
"""The finest that both looks together may be, in sides of the network."""
RAMP = 1 / 64
"""Over this part of the frame the second look fades in."""


class _Box(NamedTuple):
    """Of the frame, 0..1; `top` and `bottom` are its parts of the height."""

    top: float
    bottom: float
    left: float
    right: float


def predict_augmented(
    predict: Predict, pixels: NDArray[np.uint8], augmentation: Augmentation
) -> Plane:
    """What a network says of an image after all it is shown of it: (h, w), 0..1, or NaN.

    pixels: (H, W, 3) RGB or (H, W, 4) RGBX. h and w are the network's, or up to `FINER` times
    as many where a small subject was looked at again.
    """
    seen = _flipped(predict) if augmentation.flip else predict
    whole = seen(pixels)
    box = _small_subject(whole) if augmentation.zoom else None
    return whole if box is None else _zoom(seen, pixels, whole, box)


def _flipped(predict: Predict) -> Predict:
    """The mean of what is said of an image and of its mirror image."""

    def both(pixels: NDArray[np.uint8]) -> Plane:
        mirrored = predict(np.ascontiguousarray(pixels[:, ::-1]))
        return np.float32(0.5) * (predict(pixels) + mirrored[:, ::-1])

    return both


def _small_subject(probability: Plane) -> _Box | None:
    """The box of a subject that is surely there and small in the frame, with its margin."""
    subject = probability > SUBJECT
    if not subject.any() or np.nanmax(probability) < CONFIDENT:
        return None
    top, bottom = _extent(np.flatnonzero(subject.any(axis=1)), len(subject))
    left, right = _extent(np.flatnonzero(subject.any(axis=0)), subject.shape[1])
    box = _Box(top, bottom, left, right)
    return box if (bottom - top) * (right - left) <= SMALL else None


def _extent(places: NDArray[np.intp], side: int) -> tuple[float, float]:
    """From the first to the last of some places on a side, grown by the margin: 0..1."""
    first, last = places[0] / side, (places[-1] + 1) / side
    margin = MARGIN * (last - first)
    return max(0.0, first - margin), min(1.0, last + margin)


def _zoom(predict: Predict, pixels: NDArray[np.uint8], whole: Plane, box: _Box) -> Plane:
    """Both looks together, as fine as the nearer one is."""
    rows, columns = (
        slice(int(low * side), -int(-high * side // 1))
        for low, high, side in (
            (box.top, box.bottom, pixels.shape[0]),
            (box.left, box.right, pixels.shape[1]),
        )
    )
    near = predict(np.ascontiguousarray(pixels[rows, columns]))
    finer = min(FINER, 1 / max(box.bottom - box.top, box.right - box.left))
    fine = resize_plane(whole, tuple(round(side * finer) for side in whole.shape))
    there = tuple(
        slice(round(part.start / side * new), round(part.stop / side * new))
        for part, side, new in zip((rows, columns), pixels.shape, fine.shape, strict=False)
    )
    weight = np.zeros_like(fine)
    weight[there] = WEIGHT * np.outer(*(_ramp(part, len(fine)) for part in there))
    nearer = np.zeros_like(fine)
    nearer[there] = resize_plane(near, weight[there].shape)
    return fine + weight * (nearer - fine)


def _ramp(part: slice, side: int) -> Plane:
    """1 within a part of a side, less towards those of its ends that are not the frame's."""
    places = np.arange(part.start, part.stop, dtype=np.float32) + np.float32(0.5)
    steps = max(1.0, side * RAMP)
    rise = np.ones_like(places) if part.start == 0 else (places - part.start) / steps
    fall = np.ones_like(places) if part.stop == side else (part.stop - places) / steps
    return np.minimum(np.minimum(rise, fall), np.float32(1)).astype(np.float32)
