"""Jobs in our own words."""

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from cutoutd.command import ImageKind
from cutoutd.command.notes import explain
from cutoutd.jobs.model import Artifact, Estimate, Job, JobStatus
from cutoutd.web.links import Links

ANSWERED = "answered"
"""In a job's echo: how many of its images went into the answer itself."""
FIRST_OF_SEVERAL = "first_of_several"
"""A note: several images were made, and the answer had room for one."""


class BoundingBox(BaseModel):
    """The subject in an image, in px; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


class ImageResponse(BaseModel):
    """A finished image."""

    kind: ImageKind
    url: str = Field(description="Who knows this link may read the image")
    media_type: str
    width: int
    height: int
    size: int = Field(description="In bytes")
    bounding_box: BoundingBox | None = Field(description="Null if there is no subject")


class FailureResponse(BaseModel):
    """Why a job failed; `code` is stable, `message` is for people."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    message: str
    field: str | None
    reason: str | None


class QueueResponse(BaseModel):
    """Where an unfinished job stands."""

    ahead: int = Field(description="Jobs before this one")
    eta_s: int = Field(description="Seconds until it is likely to be done")


class JobResponse(BaseModel):
    """A job."""

    id: int
    status: JobStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the images are deleted")
    url: str = Field(description="Where to ask for the job again")
    queue: QueueResponse | None = Field(description="Null once the job has ended")
    images: list[ImageResponse] = Field(description="Sources outermost, then the outputs asked for")
    model: str | None
    provider: str | None
    notes: list[str] = Field(description="What the caller should know, as stable words")
    messages: list[str] = Field(description="The notes as sentences, which may change")
    timings_ms: dict[str, float]
    failure: FailureResponse | None


def render_job(job: Job, links: Links, estimate: Estimate | None = None) -> JobResponse:
    """The job as it is now; `estimate` if it has not ended."""
    outcome = job.outcome
    failure = outcome.failure if outcome else None
    expires_at = job.gone_at or job.expires_at
    return JobResponse(
        id=job.id,
        status=job.status,
        created_at=_moment(job.created_at),
        started_at=_moment(job.started_at) if job.started_at else None,
        finished_at=_moment(job.finished_at) if job.finished_at else None,
        expires_at=_moment(expires_at) if expires_at else None,
        url=links.to_path(f"/v1/jobs/{job.id}"),
        queue=QueueResponse(ahead=estimate.ahead, eta_s=estimate.eta_s) if estimate else None,
        images=[_image(artifact, links) for artifact in outcome.artifacts] if outcome else [],
        model=outcome.model if outcome else None,
        provider=outcome.provider if outcome else None,
        notes=notes_of(job),
        messages=[explain(note) for note in notes_of(job)],
        timings_ms=dict(outcome.timings_ms) if outcome else {},
        failure=FailureResponse.model_validate(failure) if failure else None,
    )


def notes_of(job: Job) -> list[str]:
    """What the caller should know, as stable words."""
    if job.outcome is None:
        return []
    answered = job.echo.get(ANSWERED)
    more = isinstance(answered, int) and len(job.outcome.artifacts) > answered
    return [*job.outcome.notes, *([FIRST_OF_SEVERAL] if more else [])]


def render_webhook(job: Job, links: Links) -> bytes:
    """The job, as `GET /v1/jobs/{id}` answers it."""
    return render_job(job, links).model_dump_json().encode()


def _image(artifact: Artifact, links: Links) -> ImageResponse:
    box = artifact.bbox
    return ImageResponse(
        kind=artifact.kind,
        url=links.to_artifact(artifact.key),
        media_type=artifact.media_type,
        width=artifact.width,
        height=artifact.height,
        size=artifact.size,
        bounding_box=BoundingBox(left=box[0], top=box[1], right=box[2], bottom=box[3])
        if box
        else None,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
