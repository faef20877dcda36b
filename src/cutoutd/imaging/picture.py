"""`Picture`: what every other file here works on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded, upright image.

    Four bytes a pixel from the start: the cutout has as many, so nothing is copied to make
    room for its alpha channel, and one uint32 view blanks or turns whole pixels.
    """

    pixels: NDArray[np.uint8]
    """(H, W, 4) C-contiguous, straight RGBA in sRGB (or in `profile`)."""
    opaque: bool
    """True if the source had no transparency: the fourth channel is 255 everywhere."""
    profile: bytes | None = None
    """The ICC profile that the colours are in, when it is not sRGB."""
    dpi: tuple[float, float] | None = None
    frames: int = 1
    """That the file has; this is the first."""
    notes: tuple[str, ...] = ()
    """What the caller should know of the file, as stable words; a number follows a colon."""

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])
