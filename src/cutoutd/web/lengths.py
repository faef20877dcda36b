"""The small languages of remove.bg's parameters: `10px 5%`, `center`, `80%`.

Its vendor's other API took them over. Whatever is not in them raises ValueError, which becomes the
refusal of the parameter.
"""

import re

from cutoutd.command import Crop, Length, Region, Unit

_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)(px|%)?")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)%")

CENTER = (0.5, 0.5)
MOST_MARGIN = {Unit.PX: 500.0, Unit.PERCENT: 50.0}


class EmptyRegion(ValueError):
    """A region whose right or lower side is not beyond the other one."""


def region_of(text: str) -> Region:
    """`roi`: two corners, `left top right bottom`. Raises EmptyRegion."""
    lengths = _lengths(text)
    if len(lengths) != 4:
        raise ValueError("must be four lengths, like 0% 0% 100% 100%.")
    left, top, right, bottom = lengths
    for near, far in ((left, right), (top, bottom)):
        if near.unit == far.unit and near.value >= far.value:
            raise EmptyRegion("must not be empty.")
    return Region(left=left, top=top, right=right, bottom=bottom)


def margins_of(text: str) -> Crop:
    """`crop_margin`: one length, two (vertical, horizontal) or four (clockwise from the top)."""
    lengths = _lengths(text)
    if len(lengths) not in (1, 2, 4):
        raise ValueError("must be one, two or four lengths.")
    if any(length.value > MOST_MARGIN[length.unit] for length in lengths):
        raise ValueError("at most 500px or 50%.")
    top, right, bottom, left = lengths * (4 // len(lengths))
    return Crop(top=top, right=right, bottom=bottom, left=left)


def scale_of(text: str) -> float | None:
    """`scale`: the share 0.1..1 that the subject fills; None leaves it as large as it is."""
    if text == "original":
        return None
    share = _percent(text)
    if share < 0.1:
        raise ValueError("must be 10% to 100%, or original.")
    return share


def position_of(text: str) -> tuple[float, float] | None:
    """`position`: x and y as shares 0..1; None leaves the subject where it is."""
    if text == "original":
        return None
    if text == "center":
        return CENTER
    places = [_percent(part) for part in text.split()]
    if len(places) not in (1, 2):
        raise ValueError("must be one or two percentages.")
    return places[0], places[-1]


def _lengths(text: str) -> list[Length]:
    found = [_LENGTH.fullmatch(part) for part in text.split()]
    if not found or not all(found):
        raise ValueError("must be lengths like 10px or 5%.")
    return [
        Length(value=float(one[1]), unit=Unit.PERCENT if one[2] == "%" else Unit.PX)
        for one in found
        if one
    ]


def _percent(text: str) -> float:
    found = _PERCENT.fullmatch(text.strip())
    if not found or float(found[1]) > 100:
        raise ValueError("must be a percentage up to 100%.")
    return float(found[1]) / 100
