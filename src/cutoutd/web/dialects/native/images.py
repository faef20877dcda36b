"""The image itself as the answer, for a caller that waits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from cutoutd.command import ImageFormat
from cutoutd.errors import InvalidRequest
from cutoutd.jobs.model import Job
from cutoutd.web.accept import IMAGES, JSON, ZIP, AcceptDep, preferred
from cutoutd.web.archives import zip_of
from cutoutd.web.bodies import body_of, documented, off_the_loop
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.native.render import ANSWERED, JobResponse, notes_of, render_job
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest
from cutoutd.web.dialects.native.submission import command_of
from cutoutd.web.errors import render_problem
from cutoutd.web.file_names import content_disposition, name_of_source, names_of_images
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.synchronous import Made, images_of, perform

router = APIRouter(route_class=in_dialect(render_problem), tags=["cutoutd"])

OFFERED = (*IMAGES, ZIP, JSON)
HEADERS = (
    "X-Job-Id",
    "X-Width",
    "X-Height",
    "X-Bounding-Box",
    "X-Notes",
    "Content-Disposition",
    "Server-Timing",
)


@router.post(
    "/v1/remove-background",
    operation_id="removeBackground",
    response_class=Response,
    responses=image_answer(*IMAGES, ZIP, json=JobResponse, headers=HEADERS),
    openapi_extra=documented(
        RemoveBackgroundRequest, "multipart/form-data", "application/json", "image/*"
    ),
)
async def remove_background(
    caller: CallerDep,
    body: Annotated[
        RemoveBackgroundRequest, Depends(body_of(RemoveBackgroundRequest, whole_body="image"))
    ],
    accept: AcceptDep,
) -> Response:
    """The image without its background.

    `Accept` chooses: `image/png`, `image/webp`, `image/avif` or `image/jpeg` for the first
    image; `application/zip` for all of them; `application/json` for the job with its links.
    """
    kind = preferred(accept, OFFERED)
    if kind is None:
        raise InvalidRequest(f"Accept: one of {', '.join(OFFERED)}.", field="Accept")
    command = await command_of(body, caller, accepted=IMAGES.get(kind, ImageFormat.PNG))
    job = await perform(
        command,
        caller,
        dialect="native",
        field="image",
        keep_for_s=body.keep_for_s,
        echo={ANSWERED: 1} if kind in IMAGES else None,
    )
    headers = _headers(job)
    if kind == JSON:
        answer = render_job(job, caller.links).model_dump(mode="json")
        return JSONResponse(answer, headers=headers)
    made = await images_of(job, caller.context)
    names = _names(body, made)
    if kind == ZIP:
        size, files = sum(len(one.data) for one in made), [one.data for one in made]
        headers["Content-Disposition"] = content_disposition("cutouts.zip")
        entries = dict(zip(names, files, strict=True))
        data = await off_the_loop(size, lambda: zip_of(entries))
        return Response(data, media_type=ZIP, headers=headers)
    artifact = made[0].artifact
    headers |= {"X-Width": str(artifact.width), "X-Height": str(artifact.height)}
    headers["Content-Disposition"] = content_disposition(names[0])
    if artifact.bbox:
        headers["X-Bounding-Box"] = ",".join(map(str, artifact.bbox))
    return Response(made[0].data, media_type=artifact.media_type, headers=headers)


def _headers(job: Job) -> dict[str, str]:
    """What every answer says beside its body."""
    headers = {"X-Job-Id": str(job.id), "Vary": "Accept"}
    if notes := notes_of(job):
        headers["X-Notes"] = ",".join(notes)
    if job.outcome and job.outcome.timings_ms:
        stages = job.outcome.timings_ms.items()
        headers["Server-Timing"] = ", ".join(f"{stage};dur={spent:g}" for stage, spent in stages)
    return headers


def _names(body: RemoveBackgroundRequest, made: list[Made]) -> list[str]:
    """What to call each image, after the file or URL that it was made from."""
    sources = [*(None for _ in body.file), *map(name_of_source, body.image)]
    return names_of_images(
        sources, [(one.artifact.kind.value, one.artifact.media_type) for one in made]
    )
