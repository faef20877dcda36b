"""What an operator may choose about clients, as plain values."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """The defaults let anybody on this machine do anything."""

    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Keys that the environment names, beside those of the database."""
    file: Path | None = None
    """A TOML file of further keys."""
    anonymous: bool = True
    """Whether to serve although there is no key at all."""
    per_minute: int | None = None
    """Jobs a client may submit in a minute, where its keys say nothing; None is no limit."""
    unfinished: int | None = None
    """Jobs a client may have waiting or running, likewise."""
    stored_bytes: int | None = None
    """Bytes of uploads a client may have stored at one time; None is no limit."""
    counters_url: str = ""
    """Where the rates are counted: redis://…, or empty for this process."""
