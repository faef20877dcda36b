"""The same request sent twice is one job: what an idempotency key that was used before means."""

from sqlalchemy import Connection, select, update

from cutoutd.errors import RequestConflict
from cutoutd.jobs.model import Job, Submission
from cutoutd.jobs.rows import IDEMPOTENCY_MS, job_from_row
from cutoutd.jobs.schema import jobs


def find_earlier(tx: Connection, submission: Submission, now: int) -> Job | None:
    """The job that this client's same key made within a day, None if there is none.

    Raises RequestConflict if the key made it for another request.
    """
    if not submission.idempotency_key:
        return None
    same_key = (jobs.c.client == submission.client) & (
        jobs.c.idempotency_key == submission.idempotency_key
    )
    row = tx.execute(select(jobs).where(same_key)).one_or_none()
    if row is None:
        return None
    if row.created_at + IDEMPOTENCY_MS <= now:
        tx.execute(update(jobs).where(same_key).values(idempotency_key=None))
        return None
    if row.fingerprint is None or row.fingerprint != submission.fingerprint:
        raise RequestConflict(
            "This idempotency key was used for another request.", field="Idempotency-Key"
        )
    return job_from_row(row)
