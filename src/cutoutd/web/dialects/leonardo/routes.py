"""The generation with its image, the one that is fetched later, and who calls."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from cutoutd.command import RemoveBackground
from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.jobs.model import Job
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.leonardo.render import (
    NAME,
    REST,
    Generate,
    GenerateResponse,
    SyncGenerationResponse,
    render_error,
    render_generation,
    render_sync,
)
from cutoutd.web.dialects.leonardo.schemas import GenerationRequest
from cutoutd.web.synchronous import image_of, perform

IMAGE: Final = "image_reference"
EPHEMERAL_S: Final = 1800

Body = Annotated[GenerationRequest, Depends(body_of(GenerationRequest))]

router = APIRouter(route_class=in_dialect(render_error), tags=["Leonardo"])


@router.post(
    f"{REST}/v2/generationssync",
    operation_id="leonardoCreateSyncGeneration",
    response_model=SyncGenerationResponse,
    openapi_extra=documented(GenerationRequest, "application/json"),
)
async def generate_sync(caller: CallerDep, body: Body) -> JSONResponse:
    """The image without its background: a link to it, or itself with `base64`."""
    keep_for_s = EPHEMERAL_S if body.ephemeral else None
    command = await _command(body, caller)
    job = await perform(command, caller, dialect=NAME, field=IMAGE, keep_for_s=keep_for_s)
    made = await image_of(job, caller.context)
    if body.base64:
        return await made.in_json(
            lambda text: render_sync(job, made.artifact, caller.links, data=text)
        )
    return JSONResponse(render_sync(job, made.artifact, caller.links))


@router.post(
    f"{REST}/v2/generations",
    operation_id="leonardoCreateGeneration",
    openapi_extra=documented(GenerationRequest, "application/json"),
)
async def generate(caller: CallerDep, body: Body) -> GenerateResponse:
    """The id of a generation that is fetched later."""
    job = await caller.submit(await _command(body, caller), dialect=NAME)
    return GenerateResponse(generate=Generate(generationId=str(job.id)))


@router.get(f"{REST}/v2/generations/{{generation_id}}", include_in_schema=False)
@router.get(f"{REST}/v1/generations/{{generation_id}}", operation_id="leonardoGetGeneration")
async def get(generation_id: str, caller: CallerDep) -> dict[str, Any]:
    """A generation as it is: `PENDING`, `COMPLETE` with its image, or `FAILED`."""
    return render_generation(await _own(generation_id, caller), caller.links)


@router.delete(f"{REST}/v1/generations/{{generation_id}}", operation_id="leonardoDeleteGeneration")
async def delete(generation_id: str, caller: CallerDep) -> dict[str, Any]:
    """Delete a generation and its image."""
    job = await _own(generation_id, caller)
    if job is None:
        return {"delete_generations_by_pk": None}
    await caller.context.service.delete(job.id, caller.client)
    return {"delete_generations_by_pk": {"id": str(job.id)}}


@router.get(f"{REST}/v1/me", operation_id="leonardoGetUser")
async def me(caller: CallerDep) -> dict[str, Any]:
    """Who calls; there is always enough to spend."""
    user = {"id": caller.client, "username": caller.client}
    return {"user_details": [{"user": user, "apiPaidTokens": 1_000_000}]}


async def _command(body: GenerationRequest, caller: Caller) -> RemoveBackground:
    images = body.parameters.images()
    for (field, value), reference in zip(images, _references(body), strict=True):
        if reference == "UPLOADED" and isinstance(value, str):
            await _uploaded(value, field, caller)
    source, *backdrops = await caller.keep_all(images)
    return body.parameters.to_command(source, backdrops[0] if backdrops else None)


def _references(body: GenerationRequest) -> list[str]:
    given = body.parameters.guidances
    return [one.image.type for one in (*given.image_reference, *given.background_image_reference)]


async def _uploaded(file_id: str, field: str, caller: Caller) -> None:
    try:
        await caller.uploaded(file_id, field=field)
    except NotFound as error:
        raise InvalidRequest(f"{field}: there is no such upload.", field=field) from error


async def _own(generation_id: str, caller: Caller) -> Job | None:
    try:
        job = await caller.job(generation_id)
    except NotFound:
        return None
    return job if job.dialect == NAME else None
