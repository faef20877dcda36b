"""How a job ends: its final state, the webhook it owes and what becomes of its files."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from sqlalchemy import Connection

from cutoutd.errors import SourceRejected
from cutoutd.jobs.deliveries import owe
from cutoutd.jobs.files import end_files
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome
from cutoutd.jobs.rows import UNREADABLE, outcome_to_text

log = logging.getLogger(__name__)

RenderWebhook: TypeAlias = Callable[[Job], bytes]
"""The exact body of a final job's webhook."""

POISON = Failure(
    code="processing_failed",
    message="The image stopped its worker more than once and is not tried again.",
)
POISONED = Outcome(status=JobStatus.FAILED, failure=POISON)
TORN = Outcome(
    status=JobStatus.FAILED,
    failure=Failure(
        code=SourceRejected.code,
        message="The uploaded image is not whole any more. Please send it again.",
        reason="truncated",
    ),
)
UNREADABLE_OUTCOME = Outcome(status=JobStatus.FAILED, failure=UNREADABLE)
CANCELLED = Outcome(status=JobStatus.CANCELLED)


def end_values(outcome: Outcome, now: int) -> dict[str, Any]:
    """What the statements that end a job write. now: milliseconds since 1970."""
    return {"to": outcome.status, "as_text": outcome_to_text(outcome), "now": now}


def ended(job: Job, outcome: Outcome, now: int, expires_at: int) -> Job:
    """The job as its row says it now, without reading it again."""
    final = replace(job, finished_at=now, expires_at=expires_at)
    return replace(final, status=outcome.status, outcome=outcome)


def settle(
    tx: Connection, job: Job, callback: str | None, now: int, *, render_webhook: RenderWebhook
) -> None:
    """Record what follows from the end of a job, within the transaction that ends it.

    So no job ends without the webhook it owes, and none without word of its files.
    """
    if callback is not None:
        owe(tx, job, callback, _render(job, render_webhook), now)
    end_files(tx, job, now)


def _render(job: Job, render_webhook: RenderWebhook) -> bytes:
    try:
        return render_webhook(job)
    except Exception:
        # A dialect's mistake must not keep a job from ending; the receiver still hears of it.
        log.exception("cannot render the webhook of job %d", job.id)
        return b'{"id":%d,"status":"%s"}' % (job.id, job.status.encode())
