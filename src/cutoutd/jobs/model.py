"""A job and the states it moves through.

    QUEUED ──start──> RUNNING ──finish──> SUCCEEDED
      │ ^               │ ├─────finish──> FAILED
      │ └───requeue─────┘ └─────finish──> CANCELLED
      └──cancel──> CANCELLED

`start` counts the attempt; `finish` and `requeue` only move the attempt that still owns the
job (worker and attempt number), so a late worker cannot overwrite the one that took over.
All times are integers: milliseconds since 1970 in UTC.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from cutoutd.command import ImageKind, RemoveBackground

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def now_ms() -> int:
    """Milliseconds since 1970 in UTC: the clock of everything here, unless a test brings one."""
    return time.time_ns() // 1_000_000


class JobStatus(StrEnum):
    """Where a job is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True if nothing will change any more."""
        return self in (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A stored output image of a job."""

    key: str
    kind: ImageKind
    media_type: str
    width: int
    height: int
    size: int
    """Bytes."""
    bbox: tuple[int, int, int, int] | None = None
    """The subject in this image: left, top, right, bottom in px, right and bottom exclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job failed, in words for the caller: the error's class code and sentence."""

    code: str
    message: str
    field: str | None = None
    reason: str | None = None
    """The stable word of SourceRejected, where it was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended."""

    status: JobStatus
    artifacts: tuple[Artifact, ...] = ()
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    """Things the caller should know, as stable words: matting_fell_back, empty_mask, …"""
    model: str | None = None
    provider: str | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Stage name to milliseconds, summed over the sources."""
    source_md5: tuple[str, ...] = ()
    """Hexadecimal, of each source's bytes as they came; some vendors answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One durable run of a command."""

    id: int
    client: str
    """The owner: the name of an API key's client, or "anonymous"."""
    dialect: str
    command: RemoveBackground
    artifact_keys: tuple[str, ...]
    """One for each source and output, sources outermost; fixed at submit, unguessable."""
    echo: Mapping[str, Json]
    """What the dialect wants back when it renders an answer or a webhook (seed, track_id, …)."""
    link_base: str
    """Scheme, host and path prefix that the submitting caller reached us under; no final slash."""
    status: JobStatus
    attempt: int
    worker: str | None
    priority: int
    created_at: int
    started_at: int | None
    finished_at: int | None
    expires_at: int | None
    """When the job and its artifacts may be swept."""
    outcome: Outcome | None
    gone_at: int | None = None
    """When its artifacts were deleted, by its client or because they had expired."""
    due_at: int | None = None
    """A job that was put back waits until then."""
    turn: int = 0
    """Its place among the waiting jobs of its priority, lowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What becomes a job when it is accepted; the fields are the job's."""

    client: str
    dialect: str
    command: RemoveBackground
    artifact_keys: tuple[str, ...]
    echo: Mapping[str, Json]
    link_base: str
    priority: int = 0
    keep_ms: int = 86_400_000
    """How long the job and its artifacts stay after it ended."""
    idempotency_key: str | None = None
    fingerprint: str | None = None
    """What another request with the same key must have equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """When a waiting job is likely to be done."""

    eta_s: int
    """At least 1."""
    ahead: int
    """Jobs that run or wait before it."""
