"""What a network's file says of its input and outputs, and a tensor of ours made so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cutoutd.segmentation.models import ModelSpec

CHANNELS = 3
Side = int | str | None
"""Of an axis: its length, or whatever stands there when it is left open."""


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """The one tensor that a network takes."""

    dtype: np.dtype[Any]
    channels_last: bool
    """(N, H, W, 3) instead of (N, 3, H, W)."""

    @classmethod
    def of(cls, shape: Sequence[Side], dtype: DTypeLike, size: int) -> "NetworkInput | None":
        """The input of that shape, or None where no square of `size` px with 3 channels fits it.

        A shape that leaves everything open is taken for (N, 3, H, W).
        """
        if _fits(shape, (CHANNELS, size, size)):
            return cls(np.dtype(dtype), channels_last=False)
        if _fits(shape, (size, size, CHANNELS)):
            return cls(np.dtype(dtype), channels_last=True)
        return None

    def fed(self, tensor: NDArray[np.float32], spec: ModelSpec) -> NDArray[Any]:
        """(N, 3, H, W) as `tensor_from_image` makes it, in the network's layout and type.

        A network that takes bytes normalises them itself: it gets the levels 0..255, whatever
        mean and std the model has.
        """
        if self.dtype == np.uint8:
            mean, std = (np.array(three, np.float32, ndmin=3).T for three in (spec.mean, spec.std))
            tensor = np.clip(np.rint((tensor * std + mean) * 255), 0, 255)
        if self.channels_last:
            tensor = np.moveaxis(tensor, 1, -1)
        return np.ascontiguousarray(tensor, dtype=self.dtype)


def first_mask(outputs: Iterable[tuple[str, Sequence[Side] | None]]) -> str:
    """The first output that can be a mask by its shape (None: not told), or the first of all.

    Networks give feature maps, scores and boxes beside their masks, and not always after them.
    """
    names = list(outputs)
    return next((name for name, shape in names if _can_be_a_mask(shape)), names[0][0])


def _fits(shape: Sequence[Side], wanted: Sequence[int]) -> bool:
    sides = list(shape)[1:]
    pairs = zip(sides, wanted, strict=False)
    return len(shape) == 4 and all(s == w or not isinstance(s, int) for s, w in pairs)


def _can_be_a_mask(shape: Sequence[Side] | None) -> bool:
    """Whether (N, h, w), or up to two channels before or after h and w."""
    if shape is None or len(shape) == 3:
        return shape is None or all(side != 1 for side in shape[1:])
    if len(shape) != 4:
        return False
    for channels, sides in ((shape[1], shape[2:]), (shape[3], shape[1:3])):
        few = not isinstance(channels, int) or channels in (1, 2)
        if few and all(side != 1 for side in sides):
            return True
    return False
