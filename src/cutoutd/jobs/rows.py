"""Between a job and its row: the two translations, both ways.

Pydantic reads what comes back, because a row may have been written by another version.
"""

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from cutoutd.command import RemoveBackground
from cutoutd.jobs.model import Job, JobStatus, Outcome, Submission

IDEMPOTENCY_MS = 24 * 3600 * 1000
"""How long a key answers with the job it made."""


def submission_to_row(submission: Submission, *, turn: int, now: int) -> dict[str, Any]:
    """The row of a job that has just been accepted."""
    command = submission.command
    return {
        "client": submission.client,
        "dialect": submission.dialect,
        "command": command.to_json(),
        "model": command.model or "",
        "work": len(command.sources),
        "artifact_keys": json.dumps(submission.artifact_keys),
        "echo": json.dumps(dict(submission.echo)),
        "link_base": submission.link_base,
        "callback": command.callback.url if command.callback else None,
        "status": JobStatus.QUEUED,
        "attempt": 0,
        "crashes": 0,
        "priority": submission.priority,
        "turn": turn,
        "created_at": now,
        "keep_ms": submission.keep_ms,
        "idempotency_key": submission.idempotency_key,
        "fingerprint": submission.fingerprint,
    }


def job_from_row(row: Row[Any]) -> Job:
    """The job that a whole row of the jobs table describes."""
    return Job(
        id=row.id,
        client=row.client,
        dialect=row.dialect,
        command=RemoveBackground.from_json(row.command),
        artifact_keys=tuple(json.loads(row.artifact_keys)),
        echo=json.loads(row.echo),
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
        turn=row.turn,
    )


def outcome_to_text(outcome: Outcome) -> str:
    """An outcome as the jobs table keeps it."""
    return _outcomes().dump_json(outcome).decode()


@cache
def _outcomes() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)
