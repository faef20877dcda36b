"""What a person has painted, applied to the mask."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Corrections
from cutoutd.imaging.budget import Budget
from cutoutd.imaging.corrections import correct, marks_of_image, marks_of_strokes
from cutoutd.removal.extra import decode_extra
from cutoutd.removal.model import ExtraImages, ImagingLimits


def correct_mask(
    mask: NDArray[np.uint8],
    seen: NDArray[np.uint8],
    corrections: Corrections | None,
    extra: ExtraImages,
    limits: ImagingLimits,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The mask, (H, W) levels, as the corrections want it, and notes. seen: (H, W, 4).

    Raises InvalidRequest for a stroke outside the image or a painted image of another size,
    SourceRejected for one that cannot be read.
    """
    if corrections is None:
        return mask, ()
    strokes = marks_of_strokes(corrections.strokes, mask.shape)
    painted = (
        marks_of_image(
            decode_extra(file, field=field, max_pixels=limits.max_pixels), mask.shape, keep=keep
        )
        for field, file, keep in (
            ("keep_mask", extra.keep, True),
            ("remove_mask", extra.remove, False),
        )
        if file is not None
    )
    marks = chain(chain.from_iterable(painted), strokes)  # One after the other in memory.
    budget = Budget(seconds=limits.matting_seconds, memory_bytes=limits.matting_bytes)
    return correct(mask, seen, marks, budget=budget)
