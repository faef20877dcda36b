"""Predictions, files and errors in this vendor's words."""

from datetime import UTC, datetime
from typing import Any, Final, Literal

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.options.refusal import unclassed
from cutoutd.web.failures import error_of, gone_at, has_images
from cutoutd.web.links import Links
from cutoutd.web.statuses import StatusTable, headers_of, nearest, status_of

NAME: Final = "replicate"
PREFIX: Final = "/replicate"
V1: Final = f"{PREFIX}/v1"

STATUSES: StatusTable = {InvalidRequest: 422, SourceUnreachable: 422, Overloaded: 429}
TITLES: dict[type[CutoutError], str] = {
    InvalidRequest: "Input validation failed",
    SourceRejected: "Input validation failed",
    AuthenticationFailed: "Unauthenticated",
    PermissionDenied: "Permission denied",
    NotFound: "Not found",
    Overloaded: "Too many requests",
}

Status = Literal["starting", "processing", "succeeded", "failed", "canceled"]
STATES: Final[dict[JobStatus, Status]] = {
    JobStatus.QUEUED: "starting",
    JobStatus.RUNNING: "processing",
    JobStatus.SUCCEEDED: "succeeded",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "canceled",
}


class PredictionResponse(BaseModel):
    """One run of a model."""

    id: str
    model: str
    version: str
    input: dict[str, Any]
    logs: str
    output: str | None = Field(description="A link to the image, or a data URI of it")
    data_removed: bool = Field(description="Whether the image is gone")
    error: str | None
    source: Literal["api"] = "api"
    status: Status
    created_at: str
    started_at: str | None
    completed_at: str | None
    metrics: dict[str, float]
    urls: dict[str, str]


def render_prediction(job: Job, links: Links, *, output: str | None = None) -> PredictionResponse:
    """The job as it is now. output: a data URI, instead of the link to the image."""
    here = has_images(job)
    return PredictionResponse(
        id=str(job.id),
        model=str(job.echo.get("model", "")),
        version=str(job.echo.get("version", "")),
        input=_input(job),
        logs=_logs(job),
        output=(output or links.to_artifact(job.artifact_keys[0])) if here else None,
        data_removed=job.status is JobStatus.SUCCEEDED and not here,
        error=error_of(job, field="image").message if job.status is JobStatus.FAILED else None,
        status=STATES[job.status],
        created_at=moment(job.created_at),
        started_at=moment(job.started_at) if job.started_at else None,
        completed_at=moment(job.finished_at) if job.finished_at else None,
        metrics=_metrics(job),
        urls={
            "get": links.to_path(f"{V1}/predictions/{job.id}"),
            "cancel": links.to_path(f"{V1}/predictions/{job.id}/cancel"),
        },
    )


def render_webhook(job: Job, links: Links) -> bytes:
    """The prediction, as `GET` answers it."""
    return render_prediction(job, links).model_dump_json().encode()


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """Problem details; a refused input is named in `invalid_fields`, too."""
    status = status_of(error, STATUSES)
    body: dict[str, Any] = {
        "title": nearest(error, TITLES, "Internal server error"),
        "detail": _naming(error),
        "status": status,
    }
    if isinstance(error, InvalidRequest) and status == 422:
        body["invalid_fields"] = _invalid(error)
    if isinstance(error, Overloaded):
        body["retry_after"] = error.retry_after_s
    return JSONResponse(body, status, headers_of(error), "application/problem+json")


def moment(milliseconds: int) -> str:
    """A time (ms since 1970) as the vendor writes it."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _naming(error: CutoutError) -> str:
    """The sentence, beginning with the field unless it mentions it anyway."""
    field = error.field if isinstance(error, InvalidRequest) else None
    if field is None or field in error.message:
        return error.message
    return f"{field}: {error.message}"


def _invalid(error: InvalidRequest) -> list[dict[str, str]]:
    if isinstance(error.__cause__, ValidationError):
        found = error.__cause__.errors(
            include_url=False, include_context=False, include_input=False
        )
        return [
            {
                "type": str(one["type"]),
                "field": ".".join(map(str, one["loc"])),
                "description": unclassed(one["msg"]),
            }
            for one in found
        ]
    if not error.field:
        return []
    return [{"type": "invalid", "field": error.field, "description": error.message}]


def _input(job: Job) -> dict[str, Any]:
    found = job.echo.get("input")
    return dict(found) if isinstance(found, dict) and gone_at(job) is None else {}


def _logs(job: Job) -> str:
    if job.outcome is None:
        return ""
    lines = [f"{stage}: {spent:.0f} ms" for stage, spent in job.outcome.timings_ms.items()]
    return "\n".join([*lines, *job.outcome.notes])


def _metrics(job: Job) -> dict[str, float]:
    if job.finished_at is None or job.started_at is None:
        return {}
    return {
        "predict_time": (job.finished_at - job.started_at) / 1000,
        "total_time": (job.finished_at - job.created_at) / 1000,
    }
