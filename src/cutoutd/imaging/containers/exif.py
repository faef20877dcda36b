"""The two facts in EXIF that an image needs: which way up it is, and its resolution."""

import math
from typing import NamedTuple

from PIL import Image

from cutoutd.imaging.upright import EXIF_ORIENTATION, UPRIGHT

X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
PER_INCH = {2: 1.0, 3: 2.54}
"""Resolution units, times what makes them inches."""
Dpi = tuple[float, float]


class Exif(NamedTuple):
    """What was found."""

    orientation: int = UPRIGHT
    dpi: Dpi | None = None


def read_exif(block: bytes | None) -> Exif:
    """The facts in an EXIF block, with or without its signature. Never raises.

    XMP is not asked: browsers do not either.
    """
    if not block:
        return Exif()
    exif = Image.Exif()
    try:
        exif.load(block)
        return Exif(_orientation(exif), _dpi(exif))
    except Exception:  # noqa: BLE001 - whatever a damaged block makes of the reader.
        return Exif()


def sensible(x: object, y: object) -> Dpi | None:
    """Pixels per inch, if both are numbers that a printer could mean."""
    try:
        pair = float(x), float(y)  # type: ignore[arg-type]
    except (TypeError, ValueError, ArithmeticError):
        return None
    return pair if all(math.isfinite(one) and one >= 1 for one in pair) else None


def _orientation(exif: Image.Exif) -> int:
    value = exif.get(EXIF_ORIENTATION, UPRIGHT)
    return value if isinstance(value, int) else UPRIGHT


def _dpi(exif: Image.Exif) -> Dpi | None:
    times = PER_INCH.get(exif.get(RESOLUTION_UNIT, 2))
    found = sensible(exif.get(X_RESOLUTION), exif.get(Y_RESOLUTION))
    return None if found is None or times is None else (found[0] * times, found[1] * times)
