"""What kind of answer a caller is given: its `Accept` header (RFC 9110, 12.5.1), as it is meant.

Most callers never wrote their header; a library did. So a list that likes things no image API
has, as axios', n8n's, Java's and browsers' do, is taken for what it is, and the usual answer for
what the vendor documents. JSON is for those who like it better than an image, and an image
that cannot hold transparency for those who take no other.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from cutoutd.command import ImageFormat

JSON: Final = "application/json"
ZIP: Final = "application/zip"

IMAGES: Final[dict[str, ImageFormat]] = {
    "image/png": ImageFormat.PNG,
    "image/webp": ImageFormat.WEBP,
    "image/avif": ImageFormat.AVIF,
    "image/jpeg": ImageFormat.JPEG,
}
"""The first is the usual one."""
OPAQUE: Final = "image/jpeg"
"""The one that cannot hold what a cut-out is about."""

_MOST_CHARS: Final = 4096
_MOST_RANGES: Final = 64
_NAME: Final = r"[a-z0-9!#$&^_.+-]+"
_RANGE: Final = re.compile(rf"\*|\*/\*|(?:{_NAME}|\*)/(?:{_NAME}|\*)|\*\+{_NAME}")
_QUALITY: Final = re.compile(r"\d{1,3}(?:\.\d{0,9})?|\.\d{1,9}")
_SAYS_JSON: Final = re.compile(r"\S+\+json|(?:text|application)/(?:x-)?(?:json|javascript)")
_BYTES: Final = "application/octet-stream"
_PROBLEM: Final = "application/problem+json"
"""What errors are; generated clients name it among the answers they take."""


@dataclass(frozen=True, slots=True)
class _Range:
    """One entry of the header: `image/png`, `image/*`, `*/*`; quality is 0..1."""

    kind: str
    quality: float


def preferred(header: str, offered: tuple[str, ...]) -> str | None:
    """The one of `offered` to answer with, the first of which is the usual; None: none will do.

    An empty header accepts everything, as does one that cannot be read.
    """
    ranges = _parsed(header) or [_Range("*/*", 1.0)]
    weights = {kind: weight for kind in offered if (weight := _weight(kind, ranges)) > 0}
    if weights.keys() & (IMAGES.keys() - {OPAQUE}):
        weights.pop(OPAQUE, None)
    if not weights:
        return None
    best = max(weights.values())
    if any(one.quality >= best and _is_foreign(one.kind) for one in ranges):
        return next(iter(weights))
    return next(kind for kind, weight in weights.items() if weight == best)


def prefers_json(header: str) -> bool:
    """Whether JSON is wanted where an image is the usual answer."""
    return preferred(header, (*IMAGES, ZIP, JSON)) == JSON


def accept_of(request: Request) -> str:
    """The whole header: a caller may send it in several lines."""
    return ",".join(request.headers.getlist("accept"))


AcceptDep = Annotated[str, Depends(accept_of)]


def _parsed(header: str) -> list[_Range]:
    ranges = []
    for entry in header[:_MOST_CHARS].lower().split(",")[:_MOST_RANGES]:
        kind, *parameters = (piece.strip() for piece in entry.split(";"))
        if _RANGE.fullmatch(kind) and kind != _PROBLEM:
            ranges.append(_Range(_plain(kind), _quality(parameters)))
    return ranges


def _plain(kind: str) -> str:
    """Java's `*` means everything; JSON has many spellings."""
    if kind == "*":
        return "*/*"
    return JSON if _SAYS_JSON.fullmatch(kind) else kind


def _quality(parameters: list[str]) -> float:
    """0..1; 1 where nothing is said, 0 for what is no number."""
    for parameter in parameters:
        name, _, value = (piece.strip() for piece in parameter.partition("="))
        if name == "q":
            return min(1.0, float(value)) if _QUALITY.fullmatch(value) else 0.0
    return 1.0


def _weight(kind: str, ranges: list[_Range]) -> float:
    """The most exact range decides, as the RFC has it; an image is a stream of bytes, too."""
    family = f"{kind.partition('/')[0]}/*"
    for pattern in (kind, family, _BYTES if kind != JSON else family, "*/*"):
        qualities = [one.quality for one in ranges if one.kind == pattern]
        if qualities:
            return max(qualities)
    return 0.0


def _is_foreign(kind: str) -> bool:
    """Whether no API that answers with images would ever have it: HTML, plain text, XML."""
    return not kind.startswith("image/") and kind not in (
        JSON,
        ZIP,
        _BYTES,
        "application/*",
        "*/*",
    )
