"""The image itself as the answer, for a caller that waits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from cutoutd.command import ImageFormat
from cutoutd.errors import InvalidRequest
from cutoutd.web.accept import IMAGES, JSON, ZIP, AcceptDep, preferred
from cutoutd.web.archives import zip_of
from cutoutd.web.bodies import body_of, documented, off_the_loop
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.native.render import ANSWERED, JobResponse, notes_of, render_job
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest
from cutoutd.web.dialects.native.submission import command_of
from cutoutd.web.errors import render_problem
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.synchronous import Made, images_of, perform

router = APIRouter(route_class=in_dialect(render_problem), tags=["cutoutd"])

OFFERED = (*IMAGES, ZIP, JSON)
HEADERS = ("X-Job-Id", "X-Width", "X-Height", "X-Bounding-Box", "X-Notes")
ENDINGS = {"image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/jpeg": "jpg"}


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
    if kind == JSON:
        return JSONResponse(render_job(job, caller.links).model_dump(mode="json"))
    made = await images_of(job, caller.context)
    if kind == ZIP:
        size = sum(len(one.data) for one in made)
        return Response(await off_the_loop(size, lambda: zip_of(_named(made))), media_type=ZIP)
    artifact = made[0].artifact
    headers = {"X-Job-Id": str(job.id), "X-Width": str(artifact.width)}
    headers |= {"X-Height": str(artifact.height), "Vary": "Accept"}
    if artifact.bbox:
        headers["X-Bounding-Box"] = ",".join(map(str, artifact.bbox))
    if notes := notes_of(job):
        headers["X-Notes"] = ",".join(notes)
    return Response(made[0].data, media_type=artifact.media_type, headers=headers)


def _named(made: list[Made]) -> dict[str, bytes]:
    """File names for an archive: `1-cutout.png`, `1-mask.png`, `2-cutout.png` and so on."""
    names: dict[str, bytes] = {}
    for one in made:
        number, ending = 1, ENDINGS.get(one.artifact.media_type, "bin")
        while (name := f"{number}-{one.artifact.kind}.{ending}") in names:
            number += 1
        names[name] = one.data
    return names
