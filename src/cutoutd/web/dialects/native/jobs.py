"""Jobs: submit, ask, follow, cancel."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from cutoutd.command import ImageFormat
from cutoutd.jobs.model import Job
from cutoutd.web.absent import given
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.native.render import JobResponse, render_job
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest
from cutoutd.web.dialects.native.submission import command_of
from cutoutd.web.errors import render_problem

MAX_WAIT_S = 60

Wait = Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait for the job's end")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=255,
        description="The same key within a day gives the same job; another request is an error",
    ),
]

router = APIRouter(route_class=in_dialect(render_problem), tags=["cutoutd"])


@router.post(
    "/v1/jobs",
    status_code=202,
    operation_id="createJob",
    responses={200: {"model": JobResponse, "description": "It has ended."}},
    openapi_extra=documented(
        RemoveBackgroundRequest, "multipart/form-data", "application/json", "image/*"
    ),
)
async def create(
    caller: CallerDep,
    body: Annotated[
        RemoveBackgroundRequest, Depends(body_of(RemoveBackgroundRequest, whole_body="image"))
    ],
    response: Response,
    wait: Wait = 0,
    idempotency_key: IdempotencyKey = None,
) -> JobResponse:
    """Hand a job in; 202, or 200 if it has ended within `wait`."""
    job = await caller.submit(
        await command_of(body, caller, accepted=ImageFormat.PNG),
        dialect="native",
        keep_for_s=body.keep_for_s,
        idempotency_key=given(idempotency_key),
    )
    job = await caller.wait(job, wait)
    response.status_code = 200 if job.status.final else 202
    response.headers["Location"] = caller.links.to_path(f"/v1/jobs/{job.id}")
    return await _shown(job, caller)


@router.get("/v1/jobs/{job_id}", operation_id="getJob")
async def get(job_id: str, caller: CallerDep, wait: Wait = 0) -> JobResponse:
    """A job as it is; with `wait`, as soon as it has ended or the time is over."""
    job = await caller.job(job_id)
    return await _shown(await caller.context.service.wait(job, wait), caller)


@router.delete("/v1/jobs/{job_id}", operation_id="cancelJob")
async def cancel(job_id: str, caller: CallerDep) -> JobResponse:
    """Cancel a job; one that has ended stays as it is."""
    job = await caller.job(job_id)
    return await _shown(await caller.context.service.cancel(job.id, job.client), caller)


async def own_job(job_id: str, caller: CallerDep) -> Job:
    """Found before the answer begins, so that a stranger's job is a proper 404."""
    return await caller.job(job_id)


@router.get(
    "/v1/jobs/{job_id}/events", operation_id="followJob", response_class=EventSourceResponse
)
async def follow(
    job: Annotated[Job, Depends(own_job)], caller: CallerDep
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: the job now and whenever it moves; the event is named by its status."""
    async for now in caller.context.service.follow(job):
        yield ServerSentEvent(event=now.status.value, data=await _shown(now, caller))


async def _shown(job: Job, caller: Caller) -> JobResponse:
    estimate = None if job.status.final else await caller.context.service.estimate(job)
    return render_job(job, caller.links, estimate)
