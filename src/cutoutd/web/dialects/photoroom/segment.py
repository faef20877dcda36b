"""`POST /v1/segment`, and the account."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
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
from cutoutd.web.accept import AcceptDep, prefers_json
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.photoroom.render import NAME, headers_about, render_error
from cutoutd.web.fields import Color, Flag, Image, RequestFields
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.synchronous import image_of, perform

PATH = "/v1/segment"
ACCOUNT = "/v1/account"
FIELD = "image_file"
PLENTY = 1_000_000
FORMATS = {"png": ImageFormat.PNG, "jpg": ImageFormat.JPEG, "webp": ImageFormat.WEBP}
MOST_PIXELS = {"preview": 250_000, "medium": 1_500_000, "hd": 4_000_000, "full": 36_000_000}


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
    headers = headers_about(made)
    if prefers_json(accept):
        return await made.in_json(
            lambda text: PhotoroomResponse(base64img=text).model_dump(), headers=headers
        )
    return Response(made.data, media_type=made.artifact.media_type, headers=headers)


@router.get(ACCOUNT, operation_id="photoroomGetAccount")
async def account(_: CallerDep) -> dict[str, Any]:
    """The caller's balance: there is always enough."""
    return {"credits": {"available": PLENTY, "subscription": PLENTY}}
