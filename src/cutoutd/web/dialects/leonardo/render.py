"""Generations and errors in this vendor's words."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProcessingFailed,
    RateLimited,
    SourceUnreachable,
)
from cutoutd.jobs.model import Artifact, Job, JobStatus
from cutoutd.web.failures import has_images
from cutoutd.web.links import Links
from cutoutd.web.statuses import headers_of, nearest, status_of

NAME: Final = "leonardo"
REST: Final = "/api/rest"
MODEL: Final = "remove-bg"

CODES: dict[type[CutoutError], str] = {
    InvalidRequest: "BAD_REQUEST",
    SourceUnreachable: "BAD_REQUEST",
    PermissionDenied: "FORBIDDEN",
    NotFound: "NOT_FOUND",
    Overloaded: "SERVICE_UNAVAILABLE",
    RateLimited: "TOO_MANY_REQUESTS",
}
STATES: Final = {
    JobStatus.QUEUED: "PENDING",
    JobStatus.RUNNING: "PENDING",
    JobStatus.SUCCEEDED: "COMPLETE",
    JobStatus.FAILED: "FAILED",
    JobStatus.CANCELLED: "FAILED",
}


class Cost(BaseModel):
    """What it cost: nothing."""

    amount: str = "0"
    unit: str = "DOLLARS"


class SyncGenerationResult(BaseModel):
    """The image."""

    contentType: str  # noqa: N815 - The vendor's name, as the others.
    url: str | None = Field(None, description="Left out with `base64`")
    dataB64: str | None = Field(None, description="With `base64` only")  # noqa: N815
    width: int
    height: int


class SyncGenerationResponse(BaseModel):
    """A generation that is done."""

    id: str
    cost: Cost = Cost()
    results: list[SyncGenerationResult]
    blockedCount: int = 0  # noqa: N815


class Generate(BaseModel):
    """A generation that has begun."""

    generationId: str  # noqa: N815
    apiCreditCost: int = 0  # noqa: N815
    cost: Cost = Cost()


class GenerateResponse(BaseModel):
    """Where to ask for it: `/api/rest/v1/generations/{generationId}`."""

    generate: Generate


def render_sync(
    job: Job, artifact: Artifact, links: Links, *, data: str | None = None
) -> dict[str, Any]:
    """The finished generation. data: base64, instead of the link."""
    result = SyncGenerationResult(
        contentType=artifact.media_type,
        url=links.to_artifact(artifact.key) if data is None else None,
        dataB64=data,
        width=artifact.width,
        height=artifact.height,
    )
    return SyncGenerationResponse(id=str(job.id), results=[result]).model_dump(exclude_none=True)


def render_generation(job: Job | None, links: Links) -> dict[str, Any]:
    """The generation as it is; null for one that there is not."""
    if job is None:
        return {"generations_by_pk": None}
    status = STATES[job.status]
    artifacts = job.outcome.artifacts if job.outcome and has_images(job) else ()
    when = datetime.fromtimestamp(job.created_at / 1000, UTC)
    failure = job.outcome.failure if job.outcome else None
    found = {
        "id": str(job.id),
        "status": status,
        "createdAt": when.isoformat(timespec="milliseconds").replace("+00:00", ""),
        "model": MODEL,
        "public": False,
        "generated_images": [_image(one, links) for one in artifacts],
    }
    if failure is not None:
        found["errorMessage"] = failure.message
    return {"generations_by_pk": found}


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """`errors[]` with HTTP 200 for what the caller asked wrongly; a real status for the rest."""
    if isinstance(error, AuthenticationFailed) and not isinstance(error, PermissionDenied):
        text = "Authentication hook unauthorized this request"
        body = {"error": text, "path": "$", "code": "access-denied"}
        return JSONResponse(body, 401, headers_of(error))
    status = status_of(error)
    code = nearest(error, CODES, "INTERNAL_SERVER_ERROR")
    extensions = {"code": code, "statusCode": status}
    body_of_errors = {"errors": [{"message": _message(error), "extensions": extensions}]}
    in_band = isinstance(error, InvalidRequest | SourceUnreachable) and status < 500
    in_band = in_band and not (status == 413 and not getattr(error, "field", None))
    return JSONResponse(body_of_errors, 200 if in_band else status, headers_of(error))


def _message(error: CutoutError) -> str:
    field = error.field if isinstance(error, InvalidRequest) else None
    if field is None or field in error.message or isinstance(error, ProcessingFailed):
        return error.message
    return f"{field}: {error.message}"


def _image(artifact: Artifact, links: Links) -> dict[str, Any]:
    return {
        "id": PurePosixPath(artifact.key).stem,
        "url": links.to_artifact(artifact.key),
        "nsfw": False,
        "likeCount": 0,
        "motionMP4URL": None,
        "generated_image_variation_generics": [],
    }
