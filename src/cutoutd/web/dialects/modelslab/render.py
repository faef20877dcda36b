"""Jobs and errors in this vendor's words."""

import json
from pathlib import PurePosixPath
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from cutoutd.errors import (
    CutoutError,
    Gone,
    InvalidRequest,
    NotFound,
    Overloaded,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Estimate, Job, JobStatus, Json
from cutoutd.web.depends import context_of
from cutoutd.web.dialects.modelslab.family import GENERATIONS, V6, Generation
from cutoutd.web.dialects.modelslab.schemas import (
    ClassicSuccessResponse,
    ImageEditingFailedResponse,
    ImageEditingProcessingResponse,
    ImageEditingSuccessResponse,
    RemoveBgMaskRequest,
)
from cutoutd.web.failures import gone_at
from cutoutd.web.links import Links
from cutoutd.web.statuses import headers_of, status_of

TIP = (
    "Your image is processing in background, you can get this image using fetch API: "
    "POST to the fetch_result link"
)
TRY_LATER = "Try to fetch request after seconds estimated"

CLASSIC_META = {"inverse_mask", "n_samples"}
"""What v5 did not have in its `meta`."""


def echo_of(
    body: RemoveBgMaskRequest, generation: Generation, *, seed: int, image_url: str
) -> dict[str, Json]:
    """What the answers repeat of the request, kept with the job."""
    meta: dict[str, Json] = {
        "alpha_matting": _digit(body.alpha_matting),
        "alpha_matting_background_threshold": body.alpha_matting_background_threshold,
        "alpha_matting_erode_size": body.alpha_matting_erode_size,
        "alpha_matting_foreground_threshold": body.alpha_matting_foreground_threshold,
        "base64": _word(body.base64),
        "image_url": image_url,
        "instant_response": _word(body.instant_response),
        "inverse_mask": _digit(body.inverse_mask),
        "n_samples": len(body.image),
        "only_mask": _digit(body.only_mask),
        "outdir": body.outdir,
        "post_process_mask": _digit(body.post_process_mask),
        "seed": seed,
        "temp": _word(body.temp),
    }
    if generation.classic:
        meta = {name: value for name, value in meta.items() if name not in CLASSIC_META}
        meta["only_mask"] = body.only_mask
    return {"meta": meta, "track_id": body.track_id, "generation": generation.name}


def render_success(job: Job, links: Links) -> ImageEditingSuccessResponse | ClassicSuccessResponse:
    """The finished job, as the generation says it through which it was handed in."""
    urls = [links.to_artifact(key) for key in job.artifact_keys]
    if _generation(job).classic:
        return ClassicSuccessResponse(
            generationTime=_seconds(job), id=job.id, output=urls, meta=_meta(job)
        )
    return ImageEditingSuccessResponse(
        generationTime=_seconds(job),
        id=job.id,
        output=urls,
        proxy_links=urls,
        future_links=urls,
        meta=_meta(job),
    )


def render_processing(job: Job, estimate: Estimate, links: Links) -> ImageEditingProcessingResponse:
    """The job that is still queued or running, with the links its images will have."""
    urls = [links.to_artifact(key) for key in job.artifact_keys]
    return ImageEditingProcessingResponse(
        tip=TIP,
        eta=estimate.eta_s,
        message=TRY_LATER,
        messege=TRY_LATER,
        fetch_result=links.to_path(f"{_generation(job).fetch}/{job.id}"),
        id=job.id,
        output=[],
        future_links=urls,
        proxy_links=urls,
        meta=_meta(job),
    )


def render_failed(job: Job) -> ImageEditingFailedResponse:
    """The job that ended without an image."""
    return ImageEditingFailedResponse(id=job.id, message=failure_message(job), output=[])


def failure_message(job: Job) -> str:
    """Why a job failed, naming the field where there is one."""
    gone = gone_at(job)
    if job.status is JobStatus.SUCCEEDED and gone is not None:
        return Gone("The image", at_ms=gone).message
    if job.status is JobStatus.CANCELLED:
        return "The request was cancelled."
    failure = job.outcome.failure if job.outcome else None
    if failure is None:
        return "The image could not be made."
    about_image = failure.code in (SourceRejected.code, SourceUnreachable.code)
    return _naming(failure.field or ("image" if about_image else None), failure.message)


def _naming(field: str | None, message: str) -> str:
    """The sentence, beginning with the field unless it mentions it anyway."""
    return message if field is None or field in message.lower() else f"{field}: {message}"


def render_webhook(job: Job, links: Links) -> bytes:
    """The body of the webhook: the fetch answer and the caller's `track_id`, type unchanged."""
    body: dict[str, Any]
    if job.status is JobStatus.SUCCEEDED:
        body = render_success(job, links).model_dump()
    else:
        body = render_failed(job).model_dump()
    body["track_id"] = job.echo.get("track_id")
    return json.dumps(body).encode()


def render_error(request: Request, error: CutoutError) -> JSONResponse:
    """Errors are HTTP 200, as the vendor's OpenAPI and its clients expect, unless configured."""
    real = context_of(request).options.modelslab_status_codes
    status = status_of(error, too_large=400) if real else 200
    message = error.message
    if isinstance(error, NotFound):
        message = "Request not found"
    elif isinstance(error, InvalidRequest):
        message = _naming(error.field, message)
    body: dict[str, Any] = {"status": "error", "message": message}
    if isinstance(error, Overloaded):
        body["retry_after"] = error.retry_after_s
    return JSONResponse(body, status, headers_of(error))


def _generation(job: Job) -> Generation:
    return GENERATIONS.get(str(job.echo.get("generation")), V6)


def _meta(job: Job) -> dict[str, Any]:
    echoed = job.echo.get("meta")
    meta: dict[str, Any] = dict(echoed) if isinstance(echoed, dict) else {}
    meta["file_prefix"] = PurePosixPath(job.artifact_keys[0]).stem
    if job.outcome and job.outcome.model:
        meta["model"] = job.outcome.model
    if job.outcome and job.outcome.notes:
        meta["notes"] = list(job.outcome.notes)
    return meta


def _seconds(job: Job) -> float:
    if job.started_at is None or job.finished_at is None:
        return 0.0
    return (job.finished_at - job.started_at) / 1000


def _digit(value: bool) -> str:  # noqa: FBT001
    return "1" if value else "0"


def _word(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"
