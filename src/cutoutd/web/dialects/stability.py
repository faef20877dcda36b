"""Stability AI's background removal.

`POST /v2beta/stable-image/edit/remove-background` as public client code calls it
(2026-11). The vendor's own pages were out of reach: the wording of its errors is not confirmed.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.errors import (
    CutoutError,
    Overloaded,
)
from cutoutd.web.accept import AcceptDep, prefers_json
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import FileImage, RequestFields
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "stability"
PATH = "/v2beta/stable-image/edit/remove-background"
FIELD = "image"

HEADERS = {"finish-reason": "SUCCESS", "seed": "0"}
STATUSES: StatusTable = {Overloaded: 429}
NAMES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limit_exceeded",
    500: "internal_error",
}


class StabilityRequest(RequestFields):
    """Remove the background of one image."""

    image: FileImage = Field(description="The image's file")
    output_format: Literal["png", "webp"] = Field("png", description="File format")

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this request."""
        output = Output(format=ImageFormat(self.output_format))
        return RemoveBackground(sources=(source,), outputs=(output,))


class StabilityResponse(BaseModel):
    """The image, for who asks for JSON."""

    image: str = Field(description="The file, base64-encoded")
    finish_reason: str = "SUCCESS"
    seed: int = 0


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's `id`, `name` and list of sentences."""
    status = status_of(error, STATUSES)
    body = {"id": error.code, "name": NAMES[status], "errors": [error.message]}
    return JSONResponse(body, status, headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Stability AI"])


@router.post(
    PATH,
    operation_id="stabilityRemoveBackground",
    response_class=Response,
    responses=image_answer("image/png", "image/webp", json=StabilityResponse, headers=HEADERS),
    openapi_extra=documented(StabilityRequest, "multipart/form-data"),
)
async def remove_background(
    caller: CallerDep,
    body: Annotated[StabilityRequest, Depends(body_of(StabilityRequest))],
    accept: AcceptDep,
) -> Response:
    """The image without its background: the file, or base64 in JSON if `Accept` asks for it."""
    command = body.to_command(await caller.keep(body.image, field=FIELD))
    made = await image_of(await perform(command, caller, dialect=NAME, field=FIELD), caller.context)
    if prefers_json(accept):
        return await made.in_json(lambda text: StabilityResponse(image=text).model_dump())
    return Response(made.data, media_type=made.artifact.media_type, headers=HEADERS)


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/v2beta/",),
    render_error=render_error,
    schemas=(StabilityRequest,),
)
