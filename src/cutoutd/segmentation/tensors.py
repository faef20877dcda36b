"""The two conversions around a network: a picture to its input, its output to probabilities."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.reduce import reduced
from cutoutd.imaging.resample import LANCZOS, resampled
from cutoutd.segmentation.models import Activation, ModelSpec, Scale

FLAT = 1 / 255
"""A prediction that varies by less than one 8-bit level has nothing to stretch."""
LARGEST = 1e6
"""What an infinite output counts as."""
SATURATED = 80.0
"""Beyond it the logistic function is 0 or 1 in float32, and its exponential overflows."""


def tensor_from_picture(
    pixels: NDArray[np.uint8], spec: ModelSpec, *, threads: int = 1
) -> NDArray[np.float32]:
    """Squeeze an upright sRGB picture into the tensor that a model wants.

    pixels: (H, W, 3), or (H, W, 4) whose fourth channel means nothing. Returns (1, 3, size, size):
    the whole picture, resized with Lanczos without keeping its proportions, divided as
    `spec.scale` says, minus mean, over std. threads: of the resizing.
    """
    planes = np.ascontiguousarray(np.moveaxis(_squeezed(pixels, spec, threads)[..., :3], -1, 0))
    whole = 255.0 if spec.scale is Scale.LEVELS else max(float(planes.max()), 1e-6)
    mean, std = (np.array(value, np.float32, ndmin=3).T for value in (spec.mean, spec.std))
    tensor = planes[np.newaxis].astype(np.float32)
    tensor *= 1 / (whole * std)
    tensor -= mean / std
    return tensor


def _squeezed(pixels: NDArray[np.uint8], spec: ModelSpec, threads: int) -> NDArray[np.uint8]:
    """(size, size, 4), by Lanczos with the model's reducing gap, to the bit as Pillow has it."""
    if pixels.shape[2] == 3:
        pixels = np.pad(pixels, ((0, 0), (0, 0), (0, 1)))
    pixels = np.ascontiguousarray(pixels)
    gap, size = spec.reducing_gap, (spec.size, spec.size)
    down, across = (
        1 if gap is None else int(side / spec.size / gap) or 1 for side in pixels.shape[:2]
    )
    extent = (pixels.shape[0] / down, pixels.shape[1] / across)
    small = reduced(pixels, down, across=across, threads=threads)
    return resampled(small, size, LANCZOS, extent=extent, threads=threads)


def probability_from_output(raw: NDArray[np.float32], spec: ModelSpec) -> NDArray[np.float32]:
    """Turn the mask output of a network into probabilities.

    raw: (1, C, h, w) or (1, h, w); the first channel is the mask, or the channels of
    `spec.classes` are the subject's share after a softmax over all of them. Returns (h, w), 0..1,
    and NaN where the network gave no number. A flat prediction is not stretched: it stays at its
    level, so that "nothing here" does not become noise over the whole range.
    """
    mask = (raw[0, 0] if raw.ndim == 4 else raw[0]).astype(np.float32)
    if spec.classes:
        mask = _share_of(raw[0].astype(np.float32), spec.classes)
    lost = np.isnan(mask)
    if lost.all():
        return np.full(mask.shape, np.nan, dtype=np.float32)
    mask = np.clip(np.where(lost, mask[~lost].min(), mask), -LARGEST, LARGEST)
    if spec.activation is Activation.SIGMOID:
        mask = 1 / (1 + np.exp(-np.clip(mask, -SATURATED, SATURATED)))
    if spec.stretch:
        low, high = float(mask.min()), float(mask.max())
        if high - low >= FLAT:
            mask = (mask - low) / (high - low)
    probability: NDArray[np.float32] = np.where(lost, np.nan, np.clip(mask, 0.0, 1.0))
    return probability.astype(np.float32)


def _share_of(logits: NDArray[np.float32], classes: tuple[int, ...]) -> NDArray[np.float32]:
    """(C, h, w) logits -> (h, w): the probability of being one of these classes."""
    odds = np.exp(logits - logits.max(axis=0))
    share: NDArray[np.float32] = odds[list(classes)].sum(axis=0) / odds.sum(axis=0)
    return share
