"""Which kind of answer a caller accepts (RFC 9110, 12.5.1)."""

from cutoutd.command import ImageFormat

JSON = "application/json"
ZIP = "application/zip"

PICTURES: dict[str, ImageFormat] = {
    "image/png": ImageFormat.PNG,
    "image/webp": ImageFormat.WEBP,
    "image/avif": ImageFormat.AVIF,
    "image/jpeg": ImageFormat.JPEG,
}


def preferred(header: str, offered: tuple[str, ...]) -> str | None:
    """The first of `offered` among those that the `Accept` header likes best; None: none at all.

    An empty header accepts everything.
    """
    wanted = _parsed(header) or [("*/*", 1.0)]
    weighed = [(_weight(kind, wanted), -place, kind) for place, kind in enumerate(offered)]
    weight, _, kind = max(weighed)
    return kind if weight > 0 else None


def _parsed(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind:
            found.append((kind, _quality(parameters)))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0


def _weight(kind: str, wanted: list[tuple[str, float]]) -> float:
    """The most exact range decides, as the RFC has it."""
    for pattern in (kind, f"{kind.split('/', maxsplit=1)[0]}/*", "*/*"):
        qualities = [quality for range_, quality in wanted if range_ == pattern]
        if qualities:
            return max(qualities)
    return 0.0
