"""The small languages of this vendor's parameters: `10px 5%`, `center`, `80%`."""

import re

from cutoutd.command import Crop, Length, Placement, Region, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.web.dialects.removebg.refusal import Refusal

_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)(px|%)?")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)%")

MOST_MARGIN = {Unit.PX: 500.0, Unit.PERCENT: 50.0}


def region_of(text: str) -> Region:
    """`roi`: two corners, `left top right bottom`. Raises InvalidRequest."""
    lengths = _lengths(text, field="roi")
    if len(lengths) != 4:
        raise InvalidRequest("roi: must be four lengths, like 0% 0% 100% 100%.", field="roi")
    left, top, right, bottom = lengths
    for near, far in ((left, right), (top, bottom)):
        if near.unit == far.unit and near.value >= far.value:
            raise Refusal(
                "roi_region_empty", "Region of interest is empty", "roi: it is empty.", field="roi"
            )
    return Region(left=left, top=top, right=right, bottom=bottom)


def margins_of(text: str) -> Crop:
    """`crop_margin`: one length, two (vertical, horizontal) or four (clockwise from the top).

    Raises InvalidRequest.
    """
    lengths = _lengths(text, field="crop_margin")
    if len(lengths) not in (1, 2, 4):
        raise InvalidRequest("crop_margin: must be one, two or four lengths.", field="crop_margin")
    if any(length.value > MOST_MARGIN[length.unit] for length in lengths):
        raise InvalidRequest("crop_margin: at most 500px or 50%.", field="crop_margin")
    top, right, bottom, left = {
        1: lengths * 4,
        2: lengths * 2,
        4: lengths,
    }[len(lengths)]
    return Crop(top=top, right=right, bottom=bottom, left=left)


def placement_of(scale: str | None, position: str | None) -> Placement | None:
    """`scale` and `position` together; None leaves the subject where it is.

    A scaled subject is centred unless it is told a place. Raises InvalidRequest.
    """
    share = None if scale in (None, "original") else _percent(scale, field="scale")
    if share is not None and share < 0.1:
        raise InvalidRequest("scale: must be 10% to 100%, or original.", field="scale")
    if position in (None, "original"):
        return None if share is None else Placement(scale=share)
    if position == "center":
        return Placement(scale=share)
    places = [_percent(part, field="position") for part in position.split()]
    if len(places) not in (1, 2):
        raise InvalidRequest("position: must be one or two percentages.", field="position")
    return Placement(scale=share, x=places[0], y=places[-1])


def _lengths(text: str, *, field: str) -> list[Length]:
    found = [_LENGTH.fullmatch(part) for part in text.split()]
    if not found or not all(found):
        raise InvalidRequest(f"{field}: must be lengths like 10px or 5%.", field=field)
    return [
        Length(value=float(one[1]), unit=Unit.PERCENT if one[2] == "%" else Unit.PX)
        for one in found
        if one
    ]


def _percent(text: str, *, field: str) -> float:
    found = _PERCENT.fullmatch(text.strip())
    if not found or float(found[1]) > 100:
        raise InvalidRequest(f"{field}: must be a percentage up to 100%.", field=field)
    return float(found[1]) / 100
