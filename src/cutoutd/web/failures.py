"""A job's stored failure, as the error it once was."""

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    Gone,
    InvalidRequest,
    JobCancelled,
    NotFound,
    Overloaded,
    ProcessingFailed,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Failure, Job, JobStatus, now_ms

RETRY_AFTER_S = 10

_BY_MESSAGE: dict[str, type[CutoutError]] = {
    kind.code: kind for kind in (AuthenticationFailed, NotFound, JobCancelled, ProcessingFailed)
}


def has_images(job: Job) -> bool:
    """Whether the job succeeded and its images are still to be had."""
    return job.status is JobStatus.SUCCEEDED and gone_at(job) is None


def gone_at(job: Job) -> int | None:
    """When the images of a job were deleted or expired (ms since 1970); None before."""
    if job.gone_at is not None:
        return job.gone_at
    return job.expires_at if job.expires_at is not None and job.expires_at <= now_ms() else None


def error_of(job: Job, *, field: str) -> CutoutError:
    """Why a job did not succeed; `field` is what the vendor calls the image."""
    gone = gone_at(job)
    if job.status is JobStatus.SUCCEEDED and gone is not None:
        return Gone("The image", at_ms=gone)
    if job.status is JobStatus.CANCELLED:
        return JobCancelled("The request was cancelled.")
    failure = job.outcome.failure if job.outcome else None
    if failure is None:
        return ProcessingFailed("The image could not be made.")
    return _restored(failure, field=failure.field or field)


def _restored(failure: Failure, *, field: str) -> CutoutError:
    if failure.code == SourceRejected.code:
        return SourceRejected(failure.message, reason=failure.reason or "corrupt", field=field)
    if failure.code == SourceUnreachable.code:
        return SourceUnreachable.restored(failure.message)
    if failure.code == Overloaded.code:
        return Overloaded(failure.message, retry_after_s=RETRY_AFTER_S)
    if failure.code == InvalidRequest.code:
        return InvalidRequest(failure.message, field=failure.field)
    return _BY_MESSAGE.get(failure.code, ProcessingFailed)(failure.message)
