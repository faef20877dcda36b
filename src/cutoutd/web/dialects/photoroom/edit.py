"""`POST /v2/edit`: a cut-out on a canvas, with what lies behind it and its shadow."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.photoroom.render import NAME, headers_about, render_error
from cutoutd.web.dialects.photoroom.schemas import EditRequest
from cutoutd.web.fields import only_one
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.synchronous import image_of, perform

PATH = "/v2/edit"

router = APIRouter(route_class=in_dialect(render_error), tags=["Photoroom"])


@router.get(
    PATH,
    operation_id="photoroomEditImageAtUrl",
    response_class=Response,
    responses=image_answer(),
)
@router.post(
    PATH,
    operation_id="photoroomEditImage",
    response_class=Response,
    responses=image_answer(),
    openapi_extra=documented(EditRequest, "multipart/form-data"),
)
async def edit(
    caller: CallerDep, body: Annotated[EditRequest, Depends(body_of(EditRequest))]
) -> Response:
    """The subject on a canvas of its own: background, size, padding, place, shadow."""
    image = only_one(("imageFile", body.image_file), ("imageUrl", body.image_url))
    behind = body.backdrop()
    command = body.to_command(*await caller.keep_all([image, *([behind] if behind else [])]))
    job = await perform(command, caller, dialect=NAME, field=image[0])
    made = await image_of(job, caller.context)
    return Response(made.data, media_type=made.artifact.media_type, headers=headers_about(made))
