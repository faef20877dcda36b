"""Between a job and its row: the two translations, both ways.

Pydantic reads what comes back, because a row may have been written by another version.
"""

import json
import logging
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from cutoutd.command import RemoveBackground
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome, Submission

log = logging.getLogger(__name__)

IDEMPOTENCY_MS = 24 * 3600 * 1000
"""How long a key answers with the job it made."""
UNREADABLE = Failure(
    code="processing_failed", message="The job was written by another version of this server."
)


def submission_to_row(submission: Submission, *, turn: int, now: int) -> dict[str, Any]:
    """The row of a job that has just been accepted."""
    command = submission.command
    return {
        "client": submission.client,
        "dialect": submission.dialect,
        "command": command.to_json(),
        "model": timed_as(command),
        "work": len(command.sources),
        "artifact_keys": json.dumps(submission.artifact_keys),
        "echo": json.dumps(dict(submission.echo)),
        "link_base": submission.link_base,
        "callback": command.callback.url if command.callback else None,
        "status": JobStatus.QUEUED,
        "fetches": command.fetches(),
        "attempt": 0,
        "crashes": 0,
        "priority": submission.priority,
        "turn": turn,
        "created_at": now,
        "keep_ms": submission.keep_ms,
        "idempotency_key": submission.idempotency_key,
        "fingerprint": submission.fingerprint,
    }


def accepted_job(submission: Submission, job_id: int, *, turn: int, now: int) -> Job:
    """What `submission_to_row` has just written, without reading it again."""
    return Job(
        id=job_id,
        client=submission.client,
        dialect=submission.dialect,
        command=submission.command,
        artifact_keys=submission.artifact_keys,
        echo=submission.echo,
        link_base=submission.link_base,
        status=JobStatus.QUEUED,
        attempt=0,
        worker=None,
        priority=submission.priority,
        created_at=now,
        started_at=None,
        finished_at=None,
        expires_at=None,
        outcome=None,
        turn=turn,
    )


def timed_as(command: RemoveBackground) -> str:
    """Under which name the time of a command's images is measured: its model, and its matting."""
    matting = f"+{command.matting.mode}" if command.matting else ""
    return f"{command.model or ''}{matting}"


def job_from_row(row: Row[Any]) -> Job:
    """The job that a whole row of the jobs table describes.

    A row that this version cannot read, because another one wrote it or the disk damaged it, is
    a job that failed: it stops nobody who looks at jobs, and its files can be taken away.
    """
    try:
        return _read(row)
    except (ValueError, TypeError, AttributeError) as exc:
        # Not the exception's own words: they repeat what the caller sent.
        log.error("job %s cannot be read (%s)", row.id, type(exc).__name__)  # noqa: TRY400
        return _unreadable(row)


def is_readable(job: Job) -> bool:
    """False for a job made of a row that cannot be read."""
    return job.outcome is None or job.outcome.failure != UNREADABLE


def _unreadable(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        client=str(row.client),
        dialect=str(row.dialect),
        command=RemoveBackground(sources=()),
        artifact_keys=_keys(row.artifact_keys),
        echo={},
        link_base=str(row.link_base),
        status=JobStatus.FAILED,
        attempt=_number(row.attempt) or 0,
        worker=None,
        priority=_number(row.priority) or 0,
        created_at=_number(row.created_at) or 0,
        started_at=_number(row.started_at),
        finished_at=_number(row.finished_at),
        expires_at=_number(row.expires_at),
        outcome=Outcome(status=JobStatus.FAILED, failure=UNREADABLE),
    )


def _keys(text: object) -> tuple[str, ...]:
    try:
        found = json.loads(str(text))
    except ValueError:
        return ()
    return tuple(key for key in found if isinstance(key, str)) if isinstance(found, list) else ()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _read(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        client=row.client,
        dialect=row.dialect,
        command=RemoveBackground.from_json(row.command),
        artifact_keys=tuple(json.loads(row.artifact_keys)),
        echo=dict(json.loads(row.echo)),
        link_base=row.link_base,
        status=JobStatus(row.status),
        attempt=row.attempt,
        worker=row.worker,
        priority=row.priority,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        outcome=_outcomes().validate_json(row.outcome) if row.outcome else None,
        gone_at=row.gone_at,
        due_at=row.due_at,
        turn=row.turn,
    )


def outcome_to_text(outcome: Outcome) -> str:
    """An outcome as the jobs table keeps it."""
    return _outcomes().dump_json(outcome).decode()


@cache
def _outcomes() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)
