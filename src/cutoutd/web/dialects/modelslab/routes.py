"""Background removal and the fetch of a job, at all of the vendor's addresses."""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from cutoutd.errors import ProcessingFailed
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.storage.store import TEMPORARY, TEMPORARY_S
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.modelslab.callers import CallerDep
from cutoutd.web.dialects.modelslab.family import FETCHES, GENERATIONS, Generation
from cutoutd.web.dialects.modelslab.render import (
    echo_of,
    failure_message,
    render_error,
    render_failed,
    render_processing,
    render_success,
)
from cutoutd.web.dialects.modelslab.schemas import (
    ClassicSuccessResponse,
    ClientFields,
    FetchRequest,
    ImageEditingErrorResponse,
    ImageEditingFailedResponse,
    ImageEditingProcessingResponse,
    ImageEditingSuccessResponse,
    RemoveBgMaskRequest,
)
from cutoutd.web.failures import has_images
from cutoutd.web.parts import Upload

router = APIRouter(route_class=in_dialect(render_error), tags=["ModelsLab"])

Answer = (
    ImageEditingSuccessResponse
    | ClassicSuccessResponse
    | ImageEditingProcessingResponse
    | ImageEditingErrorResponse
)
Fetched = Answer | ImageEditingFailedResponse


def removal_of(generation: Generation) -> Callable[..., Awaitable[Answer]]:
    """The route of background removal in one generation."""

    async def removebg_mask(
        caller: CallerDep,
        body: Annotated[RemoveBgMaskRequest, Depends(body_of(RemoveBgMaskRequest))],
    ) -> Answer:
        """Remove the background of an image, or return its mask.

        The job is awaited for a while: a short queue answers `success` at once, a long one
        `processing` with the links under which the images will appear. Failures answer HTTP 200
        too, because this vendor's clients branch on `status`.
        """
        job = await submit(body, caller, generation)
        if not body.instant_response:
            job = await caller.wait(job, caller.context.options.sync_wait_s)
        if job.status.final and job.status is not JobStatus.SUCCEEDED:
            raise ProcessingFailed(failure_message(job))
        return await _shown(job, caller)

    return removebg_mask


async def fetch(request_id: str, caller: CallerDep) -> Fetched:
    """The state of a job: `processing`, `success` with its links, or `failed` with the reason."""
    job = await caller.job(request_id)
    if job.status.final and not has_images(job):
        return render_failed(job)
    return await _shown(job, caller)


async def fetch_by_field(
    caller: CallerDep, body: Annotated[FetchRequest, Depends(body_of(FetchRequest))]
) -> Fetched:
    """The same, with the id in the body."""
    return await fetch(body.request_id, caller)


async def submit(body: RemoveBgMaskRequest, caller: Caller, generation: Generation) -> Job:
    """Keep the images and hand the job in."""
    caller.check_count(len(body.image))
    sources = await caller.keep_all([("image", value) for value in body.image])
    usable = body.model_id and await caller.context.models.usable(body.model_id)
    seed = body.seed if body.seed is not None else secrets.randbelow(2**31)
    return await caller.submit(
        body.to_command(sources, model=body.model_id if usable else None),
        dialect="modelslab",
        echo=echo_of(body, generation, seed=seed, image_url=_urls(body.image)),
        folder=TEMPORARY if body.temp else "generations",
        prefix=file_prefix(body.file_prefix),
        suffix=".png" if generation.classic else "",
        keep_for_s=TEMPORARY_S if body.temp else None,
    )


def file_prefix(asked: str | None) -> str | None:
    """What the names of result files begin with: what the caller asked for, made safe."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", asked or "").strip("-")[:64]
    return f"{name}-" if name else None


async def _shown(job: Job, caller: Caller) -> Answer:
    if job.status is JobStatus.SUCCEEDED:
        return render_success(job, caller.links)
    return render_processing(job, await caller.context.service.estimate(job), caller.links)


def _urls(images: list[str | Upload]) -> str:
    """The links among them, as they were given."""
    texts = [one.strip() for one in images if isinstance(one, str)]
    return ",".join(text for text in texts if text[:4].lower() == "http")


def _mount() -> None:
    for generation in GENERATIONS.values():
        for path in generation.removal:
            router.add_api_route(
                path,
                removal_of(generation),
                methods=["POST"],
                operation_id=f"modelslab{generation.name.capitalize()}RemoveBgMask",
                include_in_schema=path == generation.removal[0],
                openapi_extra=documented(RemoveBgMaskRequest),
            )
    documented_fetches = {one.fetch: one.name.capitalize() for one in GENERATIONS.values()}
    for path in FETCHES:
        router.add_api_route(
            f"{path}/{{request_id}}",
            fetch,
            methods=["POST"],
            operation_id=f"modelslab{documented_fetches.get(path, '')}Fetch",
            include_in_schema=path in documented_fetches,
            openapi_extra=documented(ClientFields),
        )
        router.add_api_route(path, fetch_by_field, methods=["POST"], include_in_schema=False)


_mount()
