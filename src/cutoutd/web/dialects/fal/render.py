"""Images, requests in the queue and errors in this vendor's words."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    JobCancelled,
    NotFound,
    Overloaded,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Artifact, Estimate, Job, JobStatus, now_ms
from cutoutd.options.refusal import unclassed
from cutoutd.web.failures import error_of, has_images
from cutoutd.web.links import Links
from cutoutd.web.statuses import StatusTable, headers_of, status_of

NAME: Final = "fal"
FIELD: Final = "image_url"
REQUEST_ID: Final = "x-fal-request-id"

STATUSES: StatusTable = {InvalidRequest: 422, SourceUnreachable: 422, JobCancelled: 400}
TYPES: Final = {
    "too_many_bytes": "file_too_large",
    "too_many_pixels": "image_too_large",
    "unsupported_format": "unsupported_image_format",
}
"""What the vendor calls the reasons of a rejected image; the others are `image_load_error`."""


class FileOutput(BaseModel):
    """An image."""

    url: str = Field(description="A link, or with `sync_mode` a data URI")
    content_type: str
    file_name: str
    file_size: int
    width: int
    height: int


class ImageOutput(BaseModel):
    """The answer of an app."""

    image: FileOutput
    mask_image: FileOutput | None = Field(None, description="With `output_mask`")


class QueueStatus(BaseModel):
    """A request in the queue."""

    status: Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    request_id: str
    response_url: str
    status_url: str
    cancel_url: str
    queue_position: int | None = None
    logs: list[dict[str, str]] | None = None
    metrics: dict[str, float] = {}
    error: str | None = None
    error_type: str | None = None


def render_output(job: Job, links: Links, data_uris: Sequence[str] = ()) -> dict[str, Any]:
    """The images of a job that succeeded. data_uris: of each, instead of a link to it."""
    artifacts = job.outcome.artifacts if job.outcome else ()
    files = [
        _file(one, data_uris[place] if data_uris else links.to_artifact(one.key))
        for place, one in enumerate(artifacts)
    ]
    output = ImageOutput(image=files[0], mask_image=files[1] if len(files) > 1 else None)
    return output.model_dump(exclude_none=True)


def render_status(
    job: Job, links: Links, path: str, *, estimate: Estimate | None = None, logs: bool = False
) -> QueueStatus:
    """How far a request has come. path: of its app, as the caller reached it."""
    at = links.to_path(f"{path}/requests/{job.id}")
    known = {
        "request_id": str(job.id),
        "response_url": at,
        "status_url": f"{at}/status",
        "cancel_url": f"{at}/cancel",
    }
    if job.status is JobStatus.QUEUED:
        ahead = estimate.ahead if estimate else 0
        return QueueStatus(status="IN_QUEUE", queue_position=ahead, logs=_logs(job, logs), **known)
    if job.status is JobStatus.RUNNING:
        return QueueStatus(status="IN_PROGRESS", logs=_logs(job, logs), **known)
    failed = None if has_images(job) else error_of(job, field=FIELD)
    return QueueStatus(
        status="COMPLETED",
        logs=_logs(job, logs),
        metrics=_metrics(job),
        error=failed.message if failed else None,
        error_type=error_type(failed) if failed else None,
        **known,
    )


def render_webhook(job: Job, links: Links) -> bytes:
    """The request's id and its output, or what went wrong."""
    body: dict[str, Any] = {"request_id": str(job.id), "gateway_request_id": str(job.id)}
    if has_images(job):
        body |= {"status": "OK", "payload": render_output(job, links), "error": None}
    else:
        error = error_of(job, field=FIELD)
        payload = {"detail": details(error)}
        body |= {"status": "ERROR", "payload": payload, "error": error.message}
    return json.dumps(body).encode()


def render_error(request: Request, error: CutoutError) -> JSONResponse:
    """A list of what is wrong with the input, otherwise one sentence, as `detail`."""
    inside = isinstance(error, InvalidRequest) and bool(error.field)
    status = status_of(error, STATUSES, too_large=422 if inside else 413)
    headers = {**headers_of(error), "x-fal-error-type": error_type(error)}
    headers["x-fal-retryable"] = "true" if isinstance(error, Overloaded) else "false"
    request_id = request.scope.get("path_params", {}).get("request_id", "")
    if request_id.isascii() and request_id.isdecimal():  # Anything else is no id, nor a header.
        headers[REQUEST_ID] = request_id
    detail = details(error) if status == 422 else error.message
    return JSONResponse({"detail": detail}, status, headers)


def details(error: CutoutError) -> list[dict[str, Any]]:
    """One entry for each thing that is wrong: `loc`, `msg`, `type`."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        found = cause.errors(include_url=False, include_context=False, include_input=False)
        return [
            {"loc": ["body", *one["loc"]], "msg": unclassed(one["msg"]), "type": one["type"]}
            for one in found
        ]
    field = error.field if isinstance(error, InvalidRequest) else FIELD
    where = ["body", field] if field else ["body"]
    return [{"loc": where, "msg": error.message, "type": error_type(error)}]


def error_type(error: CutoutError) -> str:
    """The vendor's word for what went wrong."""
    if isinstance(error, SourceRejected):
        return TYPES.get(error.reason, "image_load_error")
    if isinstance(error, SourceUnreachable):
        return "file_download_error"
    if isinstance(error, InvalidRequest):
        return "value_error"
    if isinstance(error, NotFound):
        return "not_found"
    if isinstance(error, JobCancelled):
        return "request_cancelled"
    return error.code if status_of(error, STATUSES) < 500 else "internal_server_error"


def _file(artifact: Artifact, url: str) -> FileOutput:
    return FileOutput(
        url=url,
        content_type=artifact.media_type,
        file_name=PurePosixPath(artifact.key).name,
        file_size=artifact.size,
        width=artifact.width,
        height=artifact.height,
    )


def _logs(job: Job, wanted: bool) -> list[dict[str, str]] | None:  # noqa: FBT001 - As it is asked.
    if not wanted:
        return None
    spent = job.outcome.timings_ms if job.outcome else {}
    lines = [f"{stage}: {milliseconds:.0f} ms" for stage, milliseconds in spent.items()]
    when = datetime.fromtimestamp((job.finished_at or now_ms()) / 1000, UTC).isoformat()
    return [
        {"message": line, "level": "INFO", "source": "USER", "timestamp": when} for line in lines
    ]


def _metrics(job: Job) -> dict[str, float]:
    if job.started_at is None or job.finished_at is None:
        return {}
    return {"inference_time": (job.finished_at - job.started_at) / 1000}
