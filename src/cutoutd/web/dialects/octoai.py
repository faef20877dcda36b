"""OctoAI's background removal.

`POST https://image.octoai.run/background-removal`. The service is closed; its documentation page
and the code of its users (`octoai-sdk` 0.10: `Client(token).infer(url, inputs)`) remain, read
2026-11. Its SDK's `infer_async` (header `X-OctoAI-Async: 1`, then a poll URL) works too.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cutoutd.command import (
    Background,
    ImageKind,
    MaskEdits,
    Matting,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    NotFound,
    SourceUnreachable,
)
from cutoutd.imaging.color import parse_color
from cutoutd.jobs.model import Job
from cutoutd.storage.store import TEMPORARY, TEMPORARY_S
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.details import as_fastapi
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.failures import error_of, has_images
from cutoutd.web.fields import ErodeSize, Flag, Level, RequestFields, TextImage, not_above
from cutoutd.web.statuses import StatusTable, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "octoai"
PATH = "/background-removal"
IMAGE = "init_image"

STATUSES: StatusTable = {InvalidRequest: 422, SourceUnreachable: 422}

ColorPart = Annotated[int, Field(ge=0, le=255)]


class BackgroundRemovalRequest(RequestFields):
    """Remove the background of one image, or return its mask."""

    init_image: TextImage = Field(description="The image, base64-encoded")
    only_mask: Flag = Field(False, description="Return the mask, one channel, white subject")
    post_process_mask: Flag = Field(True, description="Smooth the mask by morphology")
    bgcolor: Annotated[list[ColorPart], Field(min_length=3, max_length=4)] | None = Field(
        None, description="Colour behind the subject: red, green, blue and perhaps opacity"
    )
    alpha_matting: Flag = Field(False, description="Solve the edge by alpha matting")
    alpha_matting_foreground_threshold: Level = Field(
        240, description="Mask levels above are surely the subject"
    )
    alpha_matting_background_threshold: Annotated[
        Level, not_above("alpha_matting_foreground_threshold")
    ] = Field(10, validate_default=True, description="Mask levels below are surely background")
    alpha_matting_erode_size: ErodeSize = Field(
        10, description="Pixels by which both sure parts shrink before matting"
    )

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this request."""
        kind = ImageKind.MASK if self.only_mask else ImageKind.CUTOUT
        matting = Matting(
            foreground_above=self.alpha_matting_foreground_threshold,
            background_below=self.alpha_matting_background_threshold,
            erode_px=self.alpha_matting_erode_size,
        )
        return RemoveBackground(
            sources=(source,),
            mask=MaskEdits(smooth=self.post_process_mask),
            matting=matting if self.alpha_matting else None,
            background=Background(color=parse_color(self.bgcolor)) if self.bgcolor else None,
            outputs=(Output(kind=kind),),
        )


class BackgroundRemovalResponse(BaseModel):
    """The image."""

    image_b64: str = Field(description="The PNG, base64-encoded")
    removed_for_safety: bool = Field(False, description="Always false: nothing is censored here")


class FutureResponse(BaseModel):
    """Where the image will be, for `infer_async`."""

    response_id: str
    poll_url: str


class PollResponse(BaseModel):
    """Whether the image is there yet."""

    status: Literal["pending", "completed"]
    response_url: str


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """As FastAPI answers."""
    return as_fastapi(error, status_of(error, STATUSES))


router = APIRouter(route_class=in_dialect(render_error), tags=["OctoAI"])


@router.post(
    PATH,
    operation_id="octoaiBackgroundRemoval",
    response_model=BackgroundRemovalResponse | FutureResponse,
    openapi_extra=documented(BackgroundRemovalRequest, "application/json"),
)
async def background_removal(
    caller: CallerDep,
    body: Annotated[BackgroundRemovalRequest, Depends(body_of(BackgroundRemovalRequest))],
    x_octoai_async: Annotated[str | None, Header(alias="X-OctoAI-Async")] = None,
) -> JSONResponse | FutureResponse:
    """The image without its background, in the answer itself."""
    command = body.to_command(await caller.keep(body.init_image, field=IMAGE))
    if x_octoai_async == "1":
        return await _later(command, caller)
    return await _answer(await perform(command, caller, dialect=NAME, field=IMAGE), caller)


@router.get("/healthcheck", operation_id="octoaiGetHealth")
@router.get(PATH, include_in_schema=False)
async def health() -> dict[str, str]:
    """The container answers: what the SDK's `health_check` asks for, at whichever of the two."""
    return {"status": "healthy"}


@router.get(f"{PATH}/{{response_id}}", operation_id="octoaiPollResponse")
async def poll(response_id: str, caller: CallerDep) -> PollResponse:
    """How far an `infer_async` has come."""
    job = await caller.job(response_id)
    return PollResponse(
        status="completed" if job.status.final else "pending",
        response_url=caller.links.to_path(f"{PATH}/{job.id}/response"),
    )


@router.get(
    f"{PATH}/{{response_id}}/response",
    operation_id="octoaiGetResponse",
    response_model=BackgroundRemovalResponse,
)
async def response(response_id: str, caller: CallerDep) -> JSONResponse:
    """The image of an `infer_async` that has completed."""
    job = await caller.job(response_id)
    if not job.status.final:
        raise NotFound("The response is not there yet.")
    if not has_images(job):
        raise error_of(job, field=IMAGE)
    return await _answer(job, caller)


async def _later(command: RemoveBackground, caller: Caller) -> FutureResponse:
    job = await caller.submit(command, dialect=NAME, folder=TEMPORARY, keep_for_s=TEMPORARY_S)
    url = caller.links.to_path(f"{PATH}/{job.id}")
    return FutureResponse(response_id=str(job.id), poll_url=url)


async def _answer(job: Job, caller: Caller) -> JSONResponse:
    made = await image_of(job, caller.context)
    return await made.in_json(lambda text: BackgroundRemovalResponse(image_b64=text).model_dump())


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(PATH, "/healthcheck"),
    render_error=render_error,
    schemas=(BackgroundRemovalRequest,),
)
