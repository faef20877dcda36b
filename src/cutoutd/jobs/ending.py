"""How a job ends: its final state, the webhook it owes and what becomes of its files."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from sqlalchemy import Connection, Update

from cutoutd.jobs.deliveries import owe
from cutoutd.jobs.files import end_files
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome
from cutoutd.jobs.rows import UNREADABLE, job_from_row, outcome_to_text

log = logging.getLogger(__name__)

RenderWebhook: TypeAlias = Callable[[Job], bytes]
"""The exact body of a final job's webhook."""

POISON = Failure(
    code="processing_failed",
    message="The image stopped its worker more than once and is not tried again.",
)
POISONED = Outcome(status=JobStatus.FAILED, failure=POISON)
UNREADABLE_OUTCOME = Outcome(status=JobStatus.FAILED, failure=UNREADABLE)
CANCELLED = Outcome(status=JobStatus.CANCELLED)


def end_job(
    tx: Connection,
    statement: Update,
    outcome: Outcome,
    *,
    now: int,
    render_webhook: RenderWebhook,
    running: Job | None = None,
    **which: object,
) -> Job | None:
    """Move the job that the statement finds to its final state; None if it finds none.

    The only way there, within one transaction: no job ends without the webhook it owes. now:
    milliseconds since 1970. running: the job as its owner knows it, where the statement gives
    back only what is new. which: the statement's parameters.
    """
    values = {"to": outcome.status, "as_text": outcome_to_text(outcome), "now": now, **which}
    row = tx.execute(statement, values).one_or_none()
    if row is None:
        return None
    if running is None:
        job = job_from_row(row)
    else:
        end = {"finished_at": now, "expires_at": row.expires_at}
        job = replace(running, status=outcome.status, outcome=outcome, **end)
    if row.callback is not None:
        owe(tx, job, row.callback, _render(job, render_webhook), now)
    end_files(tx, job, now)
    return job


def _render(job: Job, render_webhook: RenderWebhook) -> bytes:
    try:
        return render_webhook(job)
    except Exception:
        # A dialect's mistake must not keep a job from ending; the receiver still hears of it.
        log.exception("cannot render the webhook of job %d", job.id)
        return b'{"id":%d,"status":"%s"}' % (job.id, job.status.encode())
