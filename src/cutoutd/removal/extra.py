"""The images that a command names beside its source, decoded."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import SourceRejected
from cutoutd.imaging.decode import decode


def decode_extra(data: bytes, *, field: str, max_pixels: int) -> NDArray[np.uint8]:
    """(H, W, 4) of such an image. Raises SourceRejected naming its field, not the source's."""
    try:
        return decode(data, max_pixels=max_pixels).pixels
    except SourceRejected as error:
        message = f"{field}: {error.message}"
        raise SourceRejected(message, reason=error.reason, field=field) from error
