"""Clipdrop's background removal.

`POST /remove-background/v1` as public client code calls it
(2026-11). The vendor's own pages were out of reach: the wording of its errors is not confirmed.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.errors import (
    CutoutError,
    Overloaded,
)
from cutoutd.web.accept import IMAGES, AcceptDep, preferred
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import FileImage, RequestFields
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "clipdrop"
PATH = "/remove-background/v1"
FIELD = "image_file"
OFFERED = ("image/png", "image/webp", "image/jpeg")
STATUSES: StatusTable = {Overloaded: 429}


class ClipdropRequest(RequestFields):
    """Remove the background of one image."""

    image_file: FileImage = Field(description="The image's file (or the whole body)")
    transparency_handling: Literal["return_input_if_non_opaque", "discard_alpha_layer"] = Field(
        "return_input_if_non_opaque",
        description="Accepted; the image's own transparency always stays",
    )

    def to_command(self, source: Source, written: ImageFormat) -> RemoveBackground:
        """The command for this request."""
        return RemoveBackground(sources=(source,), outputs=(Output(format=written),))


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """One sentence as `error`."""
    return JSONResponse({"error": error.message}, status_of(error, STATUSES), headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Clipdrop"])


@router.post(
    PATH,
    operation_id="clipdropRemoveBackground",
    response_class=Response,
    responses=image_answer(*OFFERED, headers=("X-Remaining-Credits", "X-Credits-Consumed")),
    openapi_extra=documented(ClipdropRequest, "multipart/form-data"),
)
async def remove_background(
    caller: CallerDep,
    body: Annotated[ClipdropRequest, Depends(body_of(ClipdropRequest, whole_body=FIELD))],
    accept: AcceptDep,
) -> Response:
    """The image without its background, in the format that `Accept` prefers."""
    kind = preferred(accept, OFFERED) or OFFERED[0]
    command = body.to_command(await caller.keep(body.image_file, field=FIELD), IMAGES[kind])
    job = await perform(command, caller, dialect=NAME, field=FIELD)
    made = await image_of(job, caller.context)
    headers = {"X-Remaining-Credits": "1000000", "X-Credits-Consumed": "0"}
    return Response(made.data, media_type=made.artifact.media_type, headers=headers)


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(PATH,),
    render_error=render_error,
    schemas=(ClipdropRequest,),
)
