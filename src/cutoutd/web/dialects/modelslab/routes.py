"""The vendor's paths."""

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from cutoutd.command import Source
from cutoutd.errors import InvalidRequest, NotFound, ProcessingFailed
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.web.auth import presented_key
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.context import Context, ContextDep, LinksDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.modelslab.render import (
    echo_of,
    failure_message,
    render_error,
    render_failed,
    render_processing,
    render_success,
)
from cutoutd.web.dialects.modelslab.schemas import (
    FetchRequest,
    ImageEditingErrorResponse,
    ImageEditingFailedResponse,
    ImageEditingProcessingResponse,
    ImageEditingSuccessResponse,
    RemoveBgMaskRequest,
)
from cutoutd.web.links import Links
from cutoutd.web.sources import keep, read_picture

FAMILIES = {"V6": "/api/v6/image_editing", "V1": "/api/v1/image_editing"}
"""Path prefixes of the same calls: the documented one, and that of the older Python client."""

router = APIRouter(route_class=in_dialect(render_error), tags=["ModelsLab"])

Answer = ImageEditingSuccessResponse | ImageEditingProcessingResponse | ImageEditingErrorResponse
Fetched = Answer | ImageEditingFailedResponse


async def removebg_mask(
    body: Annotated[RemoveBgMaskRequest, Depends(body_of(RemoveBgMaskRequest))],
    request: Request,
    context: ContextDep,
    links: LinksDep,
) -> Answer:
    """Remove the background of a picture, or return its mask.

    The job is awaited for a while: a short queue answers `success` at once, a long one
    `processing` with the links under which the pictures will appear. Failures answer HTTP 200
    too, because this vendor's clients branch on `status`.
    """
    client = context.clients.authenticate(presented_key(request, body.key))
    job = await submit(body, client, context, links)
    if not body.instant_response:
        job = await context.service.wait(job, context.sync_wait_s)
    if job.status is JobStatus.SUCCEEDED:
        return render_success(job, links)
    if job.status.final:
        raise ProcessingFailed(failure_message(job))
    estimate = await context.service.estimate(job)
    return render_processing(job, estimate, links, _fetch_path(request))


async def fetch(
    request_id: str,
    body: Annotated[FetchRequest, Depends(body_of(FetchRequest))],
    request: Request,
    context: ContextDep,
    links: LinksDep,
) -> Fetched:
    """The state of a job: `processing`, `success` with its links, or `failed` with the reason."""
    client = context.clients.authenticate(presented_key(request, body.key))
    job = await context.service.get(_job_id(request_id), client)
    if job.status is JobStatus.SUCCEEDED:
        return render_success(job, links)
    if job.status.final:
        return render_failed(job)
    estimate = await context.service.estimate(job)
    return render_processing(job, estimate, links, _fetch_path(request))


for version, family in FAMILIES.items():
    router.post(
        f"{family}/removebg_mask",
        operation_id=f"modelslab{version}RemoveBgMask",
        openapi_extra=documented(RemoveBgMaskRequest),
    )(removebg_mask)
    router.post(
        f"{family}/fetch/{{request_id}}",
        operation_id=f"modelslab{version}Fetch",
        openapi_extra=documented(FetchRequest),
    )(fetch)


async def submit(body: RemoveBgMaskRequest, client: str, context: Context, links: Links) -> Job:
    """Keep the pictures and hand the job in."""
    if len(body.image) > context.max_images:
        raise InvalidRequest(f"image: at most {context.max_images} at a time.", field="image")
    pictures = [
        read_picture(value, field="image", max_bytes=context.max_source_bytes)
        for value in body.image
    ]  # All of them are sound before the first is stored.
    sources = [await keep(picture, context.service) for picture in pictures]
    seed = body.seed if body.seed is not None else secrets.randbelow(2**31)
    return await context.service.submit(
        body.to_command(tuple(sources)),
        client=client,
        dialect="modelslab",
        link_base=links.base,
        echo=echo_of(body, seed=seed, image_url=_urls(sources)),
        folder="temp" if body.temp else "generations",
        prefix=file_prefix(body.file_prefix),
        keep_for_s=context.temp_keep_s if body.temp else context.default_keep_s,
    )


def file_prefix(asked: str | None) -> str | None:
    """What the names of result files begin with: what the caller asked for, made safe."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", asked or "").strip("-")[:64]
    return f"{name}-" if name else None


def _fetch_path(request: Request) -> str:
    """Where the job can be asked for, in the family that the caller uses."""
    path = request.url.path
    family = next((one for one in FAMILIES.values() if path.startswith(one)), FAMILIES["V6"])
    return f"{family}/fetch"


def _urls(sources: list[Source]) -> str:
    return ",".join(source.url for source in sources if source.url)


def _job_id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound("Request not found")
    return int(text)
