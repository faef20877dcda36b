"""The vendor's path, and its errors."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from cutoutd.errors import CutoutError, Overloaded
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.dialects.pixian.schemas import PixianRequest
from cutoutd.web.fields import (
    only_one,
)
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "pixian"
PATH = "/api/v2/remove-background"
STATUSES: StatusTable = {Overloaded: 429}


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's `error` with status, code and message."""
    status = status_of(error, STATUSES)
    body = {"error": {"status": status, "code": status, "message": error.message}}
    return JSONResponse(body, status, headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Pixian"])


@router.post(
    PATH,
    operation_id="pixianRemoveBackground",
    response_class=Response,
    responses=image_answer("image/png", "image/jpeg"),
    openapi_extra=documented(PixianRequest, "multipart/form-data"),
)
async def remove_background(
    caller: CallerDep, body: Annotated[PixianRequest, Depends(body_of(PixianRequest))]
) -> Response:
    """The image without its background."""
    field, image = only_one(
        ("image", body.image), ("image.url", body.image_url), ("image.base64", body.image_base64)
    )
    command = body.to_command(await caller.keep(image, field=field))
    made = await image_of(await perform(command, caller, dialect=NAME, field=field), caller.context)
    return Response(made.data, media_type=made.artifact.media_type)


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/api/v2/",),
    render_error=render_error,
    schemas=(PixianRequest,),
    security=("basic",),
)
