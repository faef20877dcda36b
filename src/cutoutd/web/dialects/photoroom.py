"""Photoroom's background removal.

`POST /v1/segment` at sdk.photoroom.com as public client code calls it
(2026-11). The vendor's own pages were out of reach: the wording of its errors is not confirmed.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AliasChoices, BaseModel, Field

from cutoutd.command import (
    Background,
    Crop,
    ImageFormat,
    ImageKind,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    Overloaded,
)
from cutoutd.web.accept import AcceptDep, prefers_json
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import Color, Flag, Image, RequestFields
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "photoroom"
PATH = "/v1/segment"
ACCOUNT = "/v1/account"
FIELD = "image_file"
PLENTY = 1_000_000
FORMATS = {"png": ImageFormat.PNG, "jpg": ImageFormat.JPEG, "webp": ImageFormat.WEBP}
MOST_PIXELS = {"preview": 250_000, "medium": 1_500_000, "hd": 4_000_000, "full": 36_000_000}
STATUSES: StatusTable = {AuthenticationFailed: 403, Overloaded: 429}


class PhotoroomRequest(RequestFields):
    """Remove the background of one image."""

    image_file: Image = Field(
        validation_alias=AliasChoices("image_file", "image_file_b64"),
        description="The image's file, or base64",
    )
    format: Literal["png", "jpg", "webp"] = Field("png", description="File format")
    channels: Literal["rgba", "alpha"] = Field("rgba", description="Colours and alpha, or alpha")
    bg_color: Color | None = Field(None, description="Background colour: hexadecimal or a name")
    size: Literal["preview", "medium", "hd", "full"] = Field(
        "full", description="Most pixels of the answer"
    )
    crop: Flag = Field(False, description="Cut away what holds no subject")
    despill: Flag = Field(False, description="Take colour spill out of edges; always done here")

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this request."""
        kind = ImageKind.MASK if self.channels == "alpha" else ImageKind.CUTOUT
        return RemoveBackground(
            sources=(source,),
            crop=Crop() if self.crop else None,
            background=Background(color=self.bg_color) if self.bg_color else None,
            max_pixels=MOST_PIXELS[self.size],
            outputs=(Output(kind=kind, format=FORMATS[self.format]),),
        )


class PhotoroomResponse(BaseModel):
    """The image, for who asks for JSON."""

    base64img: str = Field(description="The file, base64-encoded")


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's `detail`, `status_code` and `type`."""
    status = status_of(error, STATUSES, too_large=400)
    body = {"detail": error.message, "status_code": status, "type": error.code}
    return JSONResponse(body, status, headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Photoroom"])


@router.post(
    PATH,
    operation_id="photoroomSegment",
    response_class=Response,
    responses=image_answer(json=PhotoroomResponse),
    openapi_extra=documented(PhotoroomRequest, "multipart/form-data"),
)
async def segment(
    caller: CallerDep,
    body: Annotated[PhotoroomRequest, Depends(body_of(PhotoroomRequest))],
    accept: AcceptDep,
) -> Response:
    """The image without its background: the file, or base64 in JSON if `Accept` asks for it."""
    command = body.to_command(await caller.keep(body.image_file, field=FIELD))
    job = await perform(command, caller, dialect=NAME, field=FIELD)
    made = await image_of(job, caller.context)
    left, top, width, height = made.foreground
    headers = {"X-Foreground-Top": str(top), "X-Foreground-Left": str(left)}
    headers |= {"X-Foreground-Width": str(width), "X-Foreground-Height": str(height)}
    headers["X-Uncertainty-Score"] = "-1"  # As the vendor says: not available.
    if prefers_json(accept):
        return await made.in_json(
            lambda text: PhotoroomResponse(base64img=text).model_dump(), headers=headers
        )
    return Response(made.data, media_type=made.artifact.media_type, headers=headers)


@router.get(ACCOUNT, operation_id="photoroomGetAccount")
async def account(_: CallerDep) -> dict[str, Any]:
    """The caller's balance: there is always enough."""
    return {"credits": {"available": PLENTY, "subscription": PLENTY}}


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(PATH, ACCOUNT, "/v2/"),
    render_error=render_error,
    schemas=(PhotoroomRequest,),
)
