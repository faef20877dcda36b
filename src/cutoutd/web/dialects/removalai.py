"""removal.ai's background removal.

`POST /3.0/remove` as public code calls it (2026-11). The vendor's own pages were out of reach:
the wording of its errors is not confirmed.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.command import Background, Crop, Output, RemoveBackground, Source
from cutoutd.errors import CutoutError, Overloaded
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import Color, Flag, Image, RequestFields, Url, only_one
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import Made, image_of, perform

NAME = "removalai"
PATH = "/3.0/remove"
STATUSES: StatusTable = {Overloaded: 429}


class RemovalAiRequest(RequestFields):
    """Remove the background of one image."""

    image_file: Image | None = Field(None, description="The image's file")
    image_url: Url | None = Field(None, description="URL of the image")
    crop: Flag = Field(False, description="Cut away what holds no subject")
    bg_color: Color | None = Field(None, description="Background colour: hexadecimal or a name")
    get_file: Flag = Field(False, description="Answer with the file instead of links")
    get_base64: Flag = Field(False, description="The file as base64 in the answer, too")
    ecom: Flag = Field(False, description="Accepted; every cut-out is the same")

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this request."""
        return RemoveBackground(
            sources=(source,),
            crop=Crop() if self.crop else None,
            background=Background(color=self.bg_color) if self.bg_color else None,
            outputs=(Output(),),
        )


class RemovalAiResponse(BaseModel):
    """The vendor's sizes, all of them the one image there is."""

    status: int = 200
    url: str = Field(description="Link to the image")
    high_resolution: str
    low_resolution: str
    preview_demo: str
    demo: str
    original_width: int
    original_height: int
    preview_width: int
    preview_height: int
    extra: str = ""
    base64: str | None = Field(None, description="The file, if it was asked for")


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """One sentence as `message`, beside the status."""
    status = status_of(error, STATUSES)
    return JSONResponse({"status": status, "message": error.message}, status, headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["removal.ai"])


@router.post(
    PATH,
    operation_id="removalaiRemoveBackground",
    response_class=Response,
    responses=image_answer("image/png", json=RemovalAiResponse),
    openapi_extra=documented(RemovalAiRequest),
)
async def remove(
    caller: CallerDep, body: Annotated[RemovalAiRequest, Depends(body_of(RemovalAiRequest))]
) -> Response:
    """Links to the image without its background, or the file itself."""
    field, image = only_one(("image_file", body.image_file), ("image_url", body.image_url))
    command = body.to_command(await caller.keep(image, field=field))
    kept = {} if body.get_file else {"keep_for_s": None}
    job = await perform(command, caller, dialect=NAME, field=field, **kept)
    made = await image_of(job, caller.context)
    if body.get_file:
        return Response(made.data, media_type=made.artifact.media_type)
    url = caller.links.to_artifact(made.artifact.key)
    if not body.get_base64:
        return JSONResponse(_described(made, url))
    return await made.in_json(lambda text: {**_described(made, url), "base64": text})


def _described(made: Made, url: str) -> dict[str, Any]:
    """The vendor's sizes, all of them the one image there is."""
    width, height = made.artifact.width, made.artifact.height
    links = ("url", "high_resolution", "low_resolution", "preview_demo", "demo")
    sizes = {"original_width": width, "original_height": height}
    sizes |= {"preview_width": width, "preview_height": height}
    return {"status": 200, **dict.fromkeys(links, url), **sizes, "extra": ""}


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/3.0/",),
    render_error=render_error,
    schemas=(RemovalAiRequest,),
    security=("rmToken",),
)
