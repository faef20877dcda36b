"""What an operator may choose about the web side, as plain values."""

from dataclasses import dataclass, field

from cutoutd.web.links import LinkPolicy
from cutoutd.web.origins import OriginPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """What is served, and what one request may bring and take."""

    links: LinkPolicy
    dialects: tuple[str, ...]
    """Names; none: all of them."""
    cors_origins: tuple[str, ...]
    origins: OriginPolicy
    """Where a request may come from while there are no keys."""
    sync_wait_s: float
    max_body_bytes: int
    upload_bytes: int
    """Request bodies in memory at one time."""
    max_source_bytes: int
    max_pixels: int
    max_images: int
    """How many images one request may bring."""
    metrics_open: bool
    """Answer /metrics without a key, also when there are keys."""
    webhook_secret: str | None = field(repr=False)
    """What webhooks are signed with, the newest; None: they are not."""
    modelslab_status_codes: bool
    """Answer this vendor's errors with real HTTP status codes instead of 200."""
