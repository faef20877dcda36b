"""Hugging Face's inference API, as callers of `briaai/RMBG-1.4` and its kin use it.

`POST /models/{owner}/{name}` (api-inference) and the same below `/hf-inference` (router), the image
as the body and as the answer, read 2026-11 in public code and in `huggingface_hub` 2.4.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from cutoutd.command import ImageKind, Output, RemoveBackground, Source
from cutoutd.errors import CutoutError, NotFound, Overloaded
from cutoutd.web.accept import AcceptDep, prefers_json
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import Image, RequestFields
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import headers_of, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "huggingface"
FIELD = "inputs"
MODELS = frozenset(
    {
        "briaai/rmbg-1.4",
        "briaai/rmbg-2.0",
        "zhengpeng7/birefnet",
        "zhengpeng7/birefnet_hr",
        "zhengpeng7/birefnet_lite",
        "zhengpeng7/birefnet-portrait",
        "skytnt/anime-seg",
        "schirrmacher/ormbg",
        "not-lain/background-removal",
    }
)
"""Answered by the server's default model; `cutoutd/NAME` is a model of this server by its name."""


class HuggingFaceRequest(RequestFields):
    """Remove the background of one image."""

    inputs: Image = Field(description="The image: the whole body, or base64 in JSON")

    def to_command(self, source: Source, *, model: str | None, mask: bool) -> RemoveBackground:
        """The command for this request; `model` is one that is installed here."""
        kind = ImageKind.MASK if mask else ImageKind.CUTOUT
        return RemoveBackground(sources=(source,), model=model, outputs=(Output(kind=kind),))


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """One sentence as `error`, and when to come back where the model is not free yet."""
    body: dict[str, Any] = {"error": error.message}
    if isinstance(error, Overloaded):
        body["estimated_time"] = float(error.retry_after_s)
    return JSONResponse(body, status_of(error), headers_of(error))


router = APIRouter(route_class=in_dialect(render_error), tags=["Hugging Face"])


@router.post("/hf-inference/models/{owner}/{name}", include_in_schema=False)
@router.post(
    "/models/{owner}/{name}",
    operation_id="huggingfaceRunModel",
    response_class=Response,
    responses=image_answer("image/png"),
    openapi_extra=documented(HuggingFaceRequest, "image/*", "application/json"),
)
async def infer(
    owner: str,
    name: str,
    caller: CallerDep,
    body: Annotated[HuggingFaceRequest, Depends(body_of(HuggingFaceRequest, whole_body=FIELD))],
    accept: AcceptDep,
) -> Response:
    """The image without its background, or a list with its mask for those who prefer JSON."""
    model, as_json = await _model(owner, name, caller), prefers_json(accept)
    source = await caller.keep(body.inputs, field=FIELD)
    command = body.to_command(source, model=model, mask=as_json)
    made = await image_of(await perform(command, caller, dialect=NAME, field=FIELD), caller.context)
    if not as_json:
        return Response(made.data, media_type=made.artifact.media_type)
    segment = {"label": "foreground", "score": 1.0, "mask": made.base64}
    return JSONResponse([segment])


async def _model(owner: str, name: str, caller: Caller) -> str | None:
    if owner == "cutoutd" and await caller.context.models.usable(name):
        return name
    if f"{owner}/{name}".lower() in MODELS:
        return None
    raise NotFound(f"Model {owner} {name} does not exist here."[:200])


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/models/", "/hf-inference/"),
    render_error=render_error,
    schemas=(HuggingFaceRequest,),
    security=("bearer",),
)
