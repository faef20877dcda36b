"""The vendor's path, and its errors."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.errors import CutoutError, Overloaded
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.dialects.picsart.schemas import PicsartRequest
from cutoutd.web.fields import at_most_one, only_one
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "picsart"
PATH = "/tools/1.0/removebg"
STATUSES: StatusTable = {Overloaded: 429}


class PicsartImage(BaseModel):
    """The image that was made."""

    id: str
    url: str = Field(description="Link to the image")


class PicsartResponse(BaseModel):
    """What was made."""

    status: Literal["success"] = "success"
    data: PicsartImage


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's `message`, `detail` and `code`."""
    body = {"message": error.message, "detail": error.message, "code": error.code}
    return JSONResponse(body, status_of(error, STATUSES), headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Picsart"])


@router.post(PATH, operation_id="picsartRemoveBackground", openapi_extra=documented(PicsartRequest))
async def remove_background(
    caller: CallerDep, body: Annotated[PicsartRequest, Depends(body_of(PicsartRequest))]
) -> PicsartResponse:
    """A link to the image without its background."""
    image = only_one(("image", body.image), ("image_url", body.image_url))
    behind = at_most_one(("bg_image", body.bg_image), ("bg_image_url", body.bg_image_url))
    images = [image, *([behind] if behind else [])]
    command = body.to_command(*await caller.keep_all(images))
    job = await perform(command, caller, dialect=NAME, field=image[0], keep_for_s=None)
    key = (await image_of(job, caller.context)).artifact.key
    link = caller.links.to_artifact(key)
    return PicsartResponse(data=PicsartImage(id=str(job.id), url=link))


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/tools/1.0/",),
    render_error=render_error,
    schemas=(PicsartRequest,),
    security=("picsartKey",),
)
