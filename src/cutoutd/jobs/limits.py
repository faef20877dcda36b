"""How much work is accepted and how long it may take: the options of this package."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """The defaults suit one machine."""

    max_waiting: int = 1000
    """Jobs that wait before new ones are refused with a Retry-After."""
    time_limit_s: float = 300.0
    """One attempt may take this long; then the job fails."""
    max_crashes: int = 2
    """A job that was running when its worker died this often fails instead of another try."""
    keep_s: int = 86_400
    """How long jobs, artifacts and uploaded sources stay."""
    keep_deliveries_s: int = 7 * 86_400
    """How long webhooks that were delivered or given up stay, to be looked at and replayed."""
    min_free_bytes: int = 256 * 1024 * 1024
    """New work is refused when the disk has less room than this, before accepted work fails."""
    stop_grace_s: float = 20.0
    """At a stop, running jobs may take this long before they are given back to the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How many jobs may wait for other hosts, so that slow ones keep nobody from computing."""

    places: int
    """At one time, beside the workers."""
    per_client: int
    """Of one client."""
