"""How a caller wants its answer: how long it waits for it, and whether with the image inside."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header

from cutoutd.errors import InvalidRequest
from cutoutd.web.depends import LinksDep

MAX_WAIT_S: Final = 60
MIN_CANCEL_S: Final = 5
MAX_CANCEL_S: Final = 86_400

_WAIT: Final = re.compile(r"wait(?:\s*=\s*\"?(\d{1,6})\"?)?")
_READS_FILES: Final = re.compile(r"replicate-(?:python|javascript)/[1-9]\d*\.")
"""Clients that make a file of an output, but only of one that begins with `https:` or `data:`."""
_DURATION: Final = re.compile(r"(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the headers ask for."""

    wait_s: int | None
    """None: answer at once."""
    data_uri: bool
    """The image in the answer instead of a link to it."""
    cancel_after_s: int | None


def preferences(
    links: LinksDep,
    prefer: Annotated[
        str,
        Header(
            max_length=256,
            description="`wait` or `wait=n`: answer after up to n seconds (60 at most); "
            "`data-uri`: with the image in `output`",
        ),
    ] = "",
    cancel_after: Annotated[
        str,
        Header(max_length=64, description="Cancel what is not done by then: `90s`, `5m`, `1h30m`"),
    ] = "",
    user_agent: Annotated[str, Header(include_in_schema=False)] = "",
) -> Preferences:
    """What the headers ask for (RFC 7240: a preference that is not understood is ignored)."""
    asked = [part.strip().lower() for part in re.split("[,;]", prefer)]
    waits = [found for part in asked if (found := _WAIT.fullmatch(part))]
    wait_s = max(1, min(MAX_WAIT_S, int(waits[0][1] or MAX_WAIT_S))) if waits else None
    plain = not links.base.startswith("https:")
    wraps = plain and wait_s is not None and _READS_FILES.match(user_agent) is not None
    return Preferences(
        wait_s=wait_s,
        data_uri=wraps or "data-uri" in asked,
        cancel_after_s=_seconds(cancel_after.strip().lower()) if cancel_after.strip() else None,
    )


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = hours * 3600 + minutes * 60 + seconds
    if not MIN_CANCEL_S <= total <= MAX_CANCEL_S:
        raise InvalidRequest(
            "Cancel-After: must be 5 seconds to 24 hours, like 90s, 5m or 1h30m.",
            field="Cancel-After",
        )
    return total


PreferencesDep = Annotated[Preferences, Depends(preferences)]
