"""Slazzer's background removal.

`POST /v2.0/remove_image_background` as the beginning of its page and public code call it (2026-11).
The wording of its errors is not confirmed.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AliasChoices, Field

from cutoutd.command import Background, Crop, Output, RemoveBackground, Source
from cutoutd.errors import CutoutError, Overloaded
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import (
    Color,
    Flag,
    Image,
    RequestFields,
    TextImage,
    Url,
    at_most_one,
    only_one,
)
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "slazzer"
PATH = "/v2.0/remove_image_background"
FILE, URL, BASE64 = "source_image_file", "source_image_url", "source_image_base64"
STATUSES: StatusTable = {Overloaded: 429}


class SlazzerRequest(RequestFields):
    """Remove the background of one image."""

    source_image_file: Image | None = Field(
        None,
        validation_alias=AliasChoices(FILE, "source_image", "image_file"),
        description="The image's file; callers know it by all three names",
    )
    source_image_url: Url | None = Field(None, description="URL of the image")
    source_image_base64: TextImage | None = Field(None, description="The image, base64-encoded")
    bg_color: Color | None = Field(
        None,
        validation_alias=AliasChoices("bg_color", "bg_color_code"),
        description="Background colour: hexadecimal or a name",
    )
    bg_image_file: Image | None = Field(None, description="A background image's file")
    bg_image_url: Url | None = Field(None, description="URL of a background image")
    crop: Flag = Field(False, description="Cut away what holds no subject")

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for this request."""
        behind = Background(color=self.bg_color) if self.bg_color else None
        return RemoveBackground(
            sources=(source,),
            crop=Crop() if self.crop else None,
            background=Background(picture=backdrop) if backdrop else behind,
            outputs=(Output(),),
        )


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """One sentence as `error`."""
    return JSONResponse({"error": error.message}, status_of(error, STATUSES), headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Slazzer"])


@router.post(
    PATH,
    operation_id="slazzerRemoveBackground",
    response_class=Response,
    responses=image_answer("image/png"),
    openapi_extra=documented(SlazzerRequest, "multipart/form-data"),
)
async def remove_background(
    caller: CallerDep, body: Annotated[SlazzerRequest, Depends(body_of(SlazzerRequest))]
) -> Response:
    """The image without its background."""
    image = only_one(
        (FILE, body.source_image_file),
        (URL, body.source_image_url),
        (BASE64, body.source_image_base64),
    )
    behind = at_most_one(("bg_image_file", body.bg_image_file), ("bg_image_url", body.bg_image_url))
    images = [image, *([behind] if behind else [])]
    command = body.to_command(*await caller.keep_all(images))
    job = await perform(command, caller, dialect=NAME, field=image[0])
    made = await image_of(job, caller.context)
    return Response(made.data, media_type=made.artifact.media_type)


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/v2.0/",),
    render_error=render_error,
    schemas=(SlazzerRequest,),
    security=("apiKeyHeader",),
)
