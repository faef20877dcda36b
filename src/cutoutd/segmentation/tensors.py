"""The two conversions around a network: an image to its input, its output to probabilities."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.kernels import channels
from cutoutd.imaging.resize import BOX, LANCZOS, as_image, resize
from cutoutd.segmentation.models import Activation, ModelSpec, Resampling, Scale

FILTERS = {Resampling.LANCZOS: LANCZOS, Resampling.BOX: BOX}
FLAT = 1 / 255
"""A prediction that varies by less than one 8-bit level has nothing to stretch."""
LARGEST = 1e6
"""What an infinite output counts as."""
ROUNDING = 1e-3
"""A probability in half precision may be so far outside 0..1."""
ROUNDING_OF_SUMS = 1e-2
SATURATED = 80.0
"""Beyond it the logistic function is 0 or 1 in float32, and its exponential overflows."""


def tensor_from_image(pixels: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.float32]:
    """Resize an upright sRGB image to the tensor that a model wants.

    pixels: (H, W, 3), or (H, W, 4) RGBX. Returns (1, 3, size, size):
    the whole image, resized without keeping its proportions as the model was trained, divided as
    `spec.scale` says, minus mean, over std.
    """
    seen = _resize_for(pixels, spec)
    whole = np.float32(255)
    if spec.scale is Scale.BRIGHTEST:
        whole = np.float32(max(seen[..., :3].max(), 1e-6))
    mean, std = (np.array(three, np.float32) for three in (spec.mean, spec.std))
    tensor = np.empty((1, 3, spec.size, spec.size), dtype=np.float32)
    channels(seen, tensor[0], factors=np.float32(1) / (whole * std), shifts=mean / std)
    return tensor


def _resize_for(pixels: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.uint8]:
    """(size, size, 4), resampled as the model wants it, with the reducing gap."""
    if pixels.shape[2] == 3:
        pixels = np.pad(pixels, ((0, 0), (0, 0), (0, 1)))
    pixels = np.ascontiguousarray(pixels)
    gap, size = spec.reducing_gap, (spec.size, spec.size)
    down, across = (
        1 if gap is None else int(side / spec.size / gap) or 1 for side in pixels.shape[:2]
    )
    extent = (pixels.shape[0] / down, pixels.shape[1] / across)
    if (down, across) != (1, 1):
        pixels = np.asarray(as_image(pixels).reduce((across, down)))
    return resize(pixels, size, FILTERS[spec.resampling], extent=extent)


def probability_from_output(raw: NDArray[Any], spec: ModelSpec) -> NDArray[np.float32]:
    """Turn the mask output of a network into probabilities.

    raw: (1, C, h, w), (1, h, w, C), (1, h, w) or (h, w), of floats (probabilities or logits),
    bytes (levels 0..255) or other integers (the number of the class). The subject's channel is
    the only one, the second of two (background, subject), the first of more, or the channels of
    `spec.classes` together, after a softmax over all.

    Returns (h, w), 0..1, and NaN where the network gave no number. A flat prediction is not
    stretched: it stays at its level, so that "nothing here" does not become noise over the
    whole range.
    """
    mask, is_logit = _subject_of(_channels_first(raw), spec)
    lost = np.isnan(mask)
    if lost.all():
        return np.full(mask.shape, np.nan, dtype=np.float32)
    holes = bool(lost.any())
    mask = np.clip(np.where(lost, mask[~lost].min(), mask) if holes else mask, -LARGEST, LARGEST)
    if is_logit and (spec.activation is Activation.SIGMOID or _auto_logits(mask, spec)):
        mask = (1 / (1 + np.exp(-np.clip(mask, -SATURATED, SATURATED)))).astype(np.float32)
    if spec.stretch:
        low, high = float(mask.min()), float(mask.max())
        if high - low >= FLAT:
            mask = (mask - low) / (high - low)
    probability: NDArray[np.float32] = np.clip(mask, 0.0, 1.0).astype(np.float32, copy=False)
    if holes:
        probability[lost] = np.nan
    return probability


def _auto_logits(mask: NDArray[np.float32], spec: ModelSpec) -> bool:
    """Whether these are logits by the rule of AUTO: an image of logits within 0..1 is no mask."""
    if spec.activation is not Activation.AUTO:
        return False
    return bool(mask.min() < -ROUNDING or mask.max() > 1 + ROUNDING)


def _channels_first(raw: NDArray[Any]) -> NDArray[Any]:
    """The first image's output as (C, h, w); masks are square, as the input is."""
    while raw.ndim > 3:
        raw = raw[0]
    if raw.ndim < 3:
        return raw[np.newaxis]
    height, width, last = raw.shape
    channels_last = last < height and (last == 1 or height == width)
    return np.moveaxis(raw, -1, 0) if channels_last else raw


def _subject_of(channels: NDArray[Any], spec: ModelSpec) -> tuple[NDArray[np.float32], bool]:
    """(C, h, w) -> the subject's (h, w), and whether an activation is still to come."""
    if channels.dtype == np.uint8:
        return channels[_only(channels)].astype(np.float32) / 255, False
    if channels.dtype.kind in "iub":
        labels = channels[0]
        subject = np.isin(labels, spec.classes) if spec.classes else labels > 0
        return subject.astype(np.float32), False
    values = channels.astype(np.float32)
    if spec.classes:
        return _share_of(values, spec.classes), False
    if len(values) == 2 and spec.activation is not Activation.SIGMOID and not _are_shares(values):
        return _share_of(values, (1,)), False
    return values[_only(values)], True


def _only(channels: NDArray[Any]) -> int:
    """The mask's place where no classes are named: after the background's, if there are two."""
    return 1 if len(channels) == 2 else 0


def _are_shares(values: NDArray[np.float32]) -> bool:
    """(C, h, w): whether the channels of each pixel are probabilities that add up to 1."""
    known = values[:, np.isfinite(values).all(axis=0)]
    return bool((known >= 0).all() and (np.abs(known.sum(axis=0) - 1) <= ROUNDING_OF_SUMS).all())


def _share_of(logits: NDArray[np.float32], classes: tuple[int, ...]) -> NDArray[np.float32]:
    """(C, h, w) logits -> (h, w): the probability of being one of these classes."""
    odds = np.exp(logits - logits.max(axis=0))
    share: NDArray[np.float32] = odds[list(classes)].sum(axis=0) / odds.sum(axis=0)
    return share
