"""rembg's HTTP server, `rembg s`.

`GET` and `POST /api/remove`, version 2.0.86, read 2026-11. Forms and query strings mean the same
here, because its clients mix them.
"""

import json
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import AliasChoices, BaseModel, Field, ValidationError

from cutoutd.command import (
    Background,
    ImageKind,
    Length,
    MaskEdits,
    Matting,
    Output,
    Point,
    Prompt,
    Region,
    RemoveBackground,
    Source,
)
from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    SourceRejected,
)
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.details import as_fastapi
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import (
    Color,
    ErodeSize,
    FileImage,
    Flag,
    Level,
    RequestFields,
    Text,
    Url,
    not_above,
)
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.statuses import StatusTable, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "rembg"
ROOT = "/api"
PATH = f"{ROOT}/remove"
INDEX = (
    "<!DOCTYPE html><title>Rembg</title><p>GET and POST <code>/api/remove</code>; "
    'the API\'s description: <a href="/openapi.json">openapi.json</a>.\n'
)

STATUSES: StatusTable = {InvalidRequest: 422, SourceRejected: 400}


class RemoveRequest(RequestFields):
    """Remove the background of one image."""

    model: Text | None = Field(
        None, description="Model; one that is not installed here is answered by the default one"
    )
    a: Flag = Field(False, description="Alpha matting")
    af: Level = Field(240, description="Alpha matting: levels above are surely the subject")
    ab: Annotated[Level, not_above("af")] = Field(
        10, validate_default=True, description="Alpha matting: levels below are surely background"
    )
    ae: ErodeSize = Field(10, description="Alpha matting: pixels both sure parts shrink by")
    om: Flag = Field(False, description="Only the mask, one channel")
    ppm: Flag = Field(False, description="Post-process the mask")
    dc: Flag = Field(False, description="Decontaminate edges; always done here")
    vm: Flag = Field(False, description="Refine edges (ViTMatte there, closed-form matting here)")
    bgc: Color | None = Field(None, description="Background colour: r,g,b,a")
    extras: str | None = Field(
        None,
        description="JSON for rembg's sessions: `sam_prompt`, `cloth_category`; others are ignored",
    )

    def to_command(self, source: Source, *, model: str | None) -> RemoveBackground:
        """The command for this request; `model` is one that is installed here."""
        matting = Matting(foreground_above=self.af, background_below=self.ab, erode_px=self.ae)
        kind = ImageKind.MASK if self.om else ImageKind.CUTOUT
        return RemoveBackground(
            sources=(source,),
            model=model,
            mask=MaskEdits(smooth=self.ppm),
            matting=matting if self.a or self.vm else None,
            background=Background(color=self.bgc) if self.bgc else None,
            outputs=(Output(kind=kind),),
        )


class PointMark(BaseModel):
    """A place that is the subject (label 1) or not (0), in px of the image."""

    type: Literal["point"]
    label: Literal[0, 1]
    data: tuple[float, float]


class RectangleMark(BaseModel):
    """A box around the subject: left, top, right, bottom in px of the image."""

    type: Literal["rectangle"]
    data: tuple[float, float, float, float]


Mark: TypeAlias = Annotated[PointMark | RectangleMark, Field(discriminator="type")]


class Extras(BaseModel):
    """What rembg's sessions take beside an image, where we have the model that it is for."""

    sam_prompt: list[Mark] = Field(default=[], max_length=64)
    cloth_category: Literal["upper", "lower", "full", "attire"] | None = Field(
        None, validation_alias=AliasChoices("cc", "cloth_category")
    )

    def to_prompt(self) -> Prompt | None:
        """The places and boxes as a prompt."""
        points = [mark for mark in self.sam_prompt if isinstance(mark, PointMark)]
        boxes = [mark for mark in self.sam_prompt if isinstance(mark, RectangleMark)]
        if not self.sam_prompt:
            return None
        return Prompt(
            points=tuple(
                Point(x=_px(one.data[0]), y=_px(one.data[1]), subject=one.label == 1)
                for one in points
            ),
            boxes=tuple(
                Region(left=left, top=top, right=right, bottom=bottom)
                for left, top, right, bottom in (map(_px, one.data) for one in boxes)
            ),
        )


def _px(value: float) -> Length:
    return Length(value=value)


def extras_of(text: str | None) -> Extras:
    """What `extras` says that we know. As there, text that is no JSON object says nothing.

    Raises InvalidRequest where a word we know has a wrong value.
    """
    try:
        said: Any = json.loads(text or "{}")
    except ValueError:
        said = {}
    try:
        return Extras.model_validate(said if isinstance(said, dict) else {})
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(map(str, first["loc"]))
        complaint = f"extras: {place}: {first['msg']}."
        raise InvalidRequest(complaint, field="extras") from None  # Its fields are not the body's.


class RemoveUrlRequest(RemoveRequest):
    """The image at a URL."""

    url: Url = Field(description="URL of the image")


class RemoveFileRequest(RemoveRequest):
    """The image in the form."""

    file: FileImage = Field(description="The image's file")


def render_error(request: Request, error: CutoutError) -> JSONResponse:
    """As FastAPI answers."""
    place = "query" if request.method == "GET" else "body"
    return as_fastapi(error, status_of(error, STATUSES, too_large=400), place=place)


router = APIRouter(route_class=in_dialect(render_error), tags=["rembg"])


@router.get(ROOT, operation_id="rembgGetIndex", response_class=HTMLResponse)
async def index() -> str:
    """The page that `rembg s` has here: containers ask for it to see whether it lives."""
    return INDEX


@router.get(
    PATH,
    operation_id="rembgRemoveUrl",
    response_class=Response,
    responses=image_answer("image/png"),
)
async def remove_url(
    caller: CallerDep, body: Annotated[RemoveUrlRequest, Depends(body_of(RemoveUrlRequest))]
) -> Response:
    """The image at `url` without its background, as a PNG."""
    return await _remove(body, await caller.keep(body.url, field="url"), "url", caller)


@router.post(
    PATH,
    operation_id="rembgRemoveFile",
    response_class=Response,
    responses=image_answer("image/png"),
    openapi_extra=documented(RemoveFileRequest, "multipart/form-data"),
)
async def remove_file(
    caller: CallerDep, body: Annotated[RemoveFileRequest, Depends(body_of(RemoveFileRequest))]
) -> Response:
    """The image in the form without its background, as a PNG."""
    return await _remove(body, await caller.keep(body.file, field="file"), "file", caller)


async def _remove(body: RemoveRequest, source: Source, field: str, caller: Caller) -> Response:
    extras, models = extras_of(body.extras), caller.context.models
    names = [f"{body.model}-{extras.cloth_category}", body.model] if body.model else []
    model = next(iter([name for name in names if await models.usable(name)]), None)
    command = body.to_command(source, model=model)
    if models.registry.named(model).prompts:
        command = replace(command, prompt=extras.to_prompt())
    job = await perform(command, caller, dialect=NAME, field=field)
    made = await image_of(job, caller.context)
    used = job.outcome.model if job.outcome and job.outcome.model else ""
    return Response(made.data, media_type="image/png", headers={"X-Model": used})


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/api/", ROOT),
    render_error=render_error,
    acts_on_get=(PATH,),
    schemas=(RemoveFileRequest, RemoveUrlRequest),
)
