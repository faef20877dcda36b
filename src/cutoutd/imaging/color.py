"""Colours as people write them."""

import re
from collections.abc import Sequence

from cutoutd.errors import InvalidRequest

RGBA = tuple[int, int, int, int]

_BARE_HEX = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
_NUMBERS = re.compile(r"\d{1,3}(\s*,\s*\d{1,3}){2,3}")


def parse_color(value: str | Sequence[int], *, field: str = "color") -> RGBA:
    """A colour as straight RGBA, each 0..255; alpha is 255 where it is not given.

    Understands `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa` (also without #), CSS names, `rgb(…)`,
    `hsl(…)`, `r,g,b[,a]` and three or four numbers. Raises InvalidRequest naming `field`.
    """
    try:
        channels = _channels(value)
    except ValueError:
        channels = ()
    if len(channels) not in (3, 4) or not all(0 <= one <= 255 for one in channels):
        raise InvalidRequest(
            f"{field}: not a colour; write #rrggbb, a CSS name or r,g,b.", field=field
        )
    red, green, blue, alpha = (*channels, 255)[:4]
    return red, green, blue, alpha


def _channels(value: str | Sequence[int]) -> tuple[int, ...]:
    if not isinstance(value, str):
        return tuple(value)
    text = value.strip()
    if len(text) > 100:
        return ()
    if _NUMBERS.fullmatch(text):
        return tuple(int(part) for part in text.split(","))
    from PIL import ImageColor  # Not at import: who answers HTTP opens no images.

    return ImageColor.getrgb(f"#{text}" if _BARE_HEX.fullmatch(text) else text)
