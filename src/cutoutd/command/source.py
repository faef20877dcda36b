"""Where images come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an image comes from: exactly one of a URL and the key of bytes already stored."""

    url: str | None = None
    artifact: str | None = None
    name: str | None = None
    """The caller's file name, for answers that echo it; never used as a path."""
