"""withoutBG's API.

`POST /v1.0/alpha-channel-base64` and its older sister, as the PyPI client `withoutbg` 1.3 calls
them, read 2026-11. Its `get_models` is answered by our own `/v1/models`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.command import ImageKind, Output, RemoveBackground
from cutoutd.errors import (
    CutoutError,
    Overloaded,
    SourceRejected,
)
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import RequestFields, TextImage
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import Made, image_of, perform

NAME = "withoutbg"
FIELD = "image_base64"
STATUSES: StatusTable = {SourceRejected: 415, Overloaded: 429}


class WithoutBgRequest(RequestFields):
    """One image."""

    image_base64: TextImage = Field(description="The image, base64-encoded")


class AlphaResponse(BaseModel):
    """The mask."""

    alpha_base64: str = Field(description="A PNG of one channel, base64-encoded")


class CutoutResponse(BaseModel):
    """The cut-out."""

    img_without_background_base64: str = Field(description="A PNG, base64-encoded")


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """One sentence, under both names that the client has looked for it."""
    body = {"detail": error.message, "error": error.message}
    return JSONResponse(body, status_of(error, STATUSES), headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["withoutBG"])

Body = Annotated[WithoutBgRequest, Depends(body_of(WithoutBgRequest))]


@router.post(
    "/v1.0/alpha-channel-base64",
    operation_id="withoutbgGetAlphaChannel",
    response_model=AlphaResponse,
    openapi_extra=documented(WithoutBgRequest, "application/json"),
)
async def alpha_channel(caller: CallerDep, body: Body) -> JSONResponse:
    """The mask of the image; the client puts it on."""
    mask = await _made(ImageKind.MASK, caller, body)
    return await mask.in_json(lambda text: AlphaResponse(alpha_base64=text).model_dump())


@router.post(
    "/v1.0/image-without-background-base64",
    operation_id="withoutbgRemoveBackground",
    response_model=CutoutResponse,
    openapi_extra=documented(WithoutBgRequest, "application/json"),
)
async def image_without_background(caller: CallerDep, body: Body) -> JSONResponse:
    """The image without its background."""
    cutout = await _made(ImageKind.CUTOUT, caller, body)
    return await cutout.in_json(
        lambda text: CutoutResponse(img_without_background_base64=text).model_dump()
    )


@router.get("/available-credit", operation_id="withoutbgGetCredit")
async def available_credit(_: CallerDep) -> dict[str, Any]:
    """The caller's balance: there is always enough."""
    return {"credit": 1_000_000, "expiration_date": "2999-12-31T00:00:00Z"}


async def _made(kind: ImageKind, caller: Caller, body: WithoutBgRequest) -> Made:
    source = await caller.keep(body.image_base64, field=FIELD)
    command = RemoveBackground(sources=(source,), outputs=(Output(kind=kind),))
    job = await perform(command, caller, dialect=NAME, field=FIELD)
    return await image_of(job, caller.context)


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/v1.0/alpha-channel", "/v1.0/image-without-background", "/available-credit"),
    render_error=render_error,
    schemas=(WithoutBgRequest,),
)
