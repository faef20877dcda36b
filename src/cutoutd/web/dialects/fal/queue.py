"""The queue: submit, ask, follow, fetch the result, cancel."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from cutoutd.errors import NotFound
from cutoutd.jobs.model import Job, Json
from cutoutd.web.bodies import off_the_loop
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.fal.render import (
    FIELD,
    NAME,
    REQUEST_ID,
    ImageOutput,
    QueueStatus,
    render_error,
    render_output,
    render_status,
)
from cutoutd.web.dialects.fal.schemas import AppRequest
from cutoutd.web.failures import error_of, has_images
from cutoutd.web.synchronous import images_of

OWNERS: Final = ("/queue/fal-ai", "/queue/bria", "/fal-ai", "/bria")
"""Where requests are asked for; without `/queue` at a host that is the queue's."""

Logs = Annotated[bool, Query(description="Whether to tell how long each stage took")]

router = APIRouter(route_class=in_dialect(render_error), tags=["fal"])


async def submit(
    body: AppRequest, caller: Caller, *, app: str, path: str, webhook: str | None
) -> JSONResponse:
    """Accept a request; path: where it was sent to, and where its status is."""
    source = await caller.keep(body.image_url, field=FIELD)
    echo: dict[str, Json] = {"app": app, "sync_mode": body.sync_mode}
    job = await caller.submit(body.to_command(source, webhook), dialect=NAME, echo=echo)
    estimate = await caller.context.service.estimate(job)
    shown = render_status(job, caller.links, _of_owner(path), estimate=estimate)
    return JSONResponse(shown.model_dump(), headers={REQUEST_ID: str(job.id)})


async def output_of(job: Job, caller: Caller) -> JSONResponse:
    """The output of a job that succeeded; with `sync_mode` the images are in it."""
    if not job.echo.get("sync_mode"):
        return JSONResponse(render_output(job, caller.links))
    made = await images_of(job, caller.context)

    def inlined() -> JSONResponse:
        uris = [f"data:{one.artifact.media_type};base64,{one.base64}" for one in made]
        return JSONResponse(render_output(job, caller.links, uris))

    return await off_the_loop(sum(len(one.data) for one in made), inlined)


async def own_request(
    app: Annotated[str, Path(description="The app, or its first name: `birefnet`")],
    request_id: str,
    caller: CallerDep,
) -> Job:
    """The caller's own request to this app. Raises NotFound."""
    job = await caller.job(request_id)
    names = str(job.echo.get("app", "")).split("/")
    if job.dialect != NAME or app.partition("/")[0] not in names:
        raise NotFound("There is no such request.")
    return job


RequestDep = Annotated[Job, Depends(own_request)]


async def status(
    job: RequestDep, caller: CallerDep, request: Request, *, logs: Logs = False
) -> JSONResponse:
    """How far a request has come: 202 until it is `COMPLETED`, 200 then."""
    shown = await _shown(job, caller, request, logs=logs)
    return JSONResponse(
        shown.model_dump(),
        200 if job.status.final else 202,
        headers={REQUEST_ID: str(job.id)},
    )


async def follow(
    job: RequestDep, caller: CallerDep, request: Request, *, logs: Logs = False
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: the status now and whenever it changes, to `COMPLETED`."""
    async for now in caller.context.service.follow(job):
        yield ServerSentEvent(data=await _shown(now, caller, request, logs=logs))


async def response(job: RequestDep, caller: CallerDep) -> JSONResponse:
    """The output, as the app's own address would have answered; 400 while there is none."""
    if not job.status.final:
        answer = JSONResponse({"detail": "Request is still in progress"}, 400)
    elif not has_images(job):
        raise error_of(job, field=FIELD)
    else:
        answer = await output_of(job, caller)
    answer.headers[REQUEST_ID] = str(job.id)
    return answer


async def cancel(job: RequestDep, caller: CallerDep) -> JSONResponse:
    """Cancel a request; one that has ended answers 400."""
    if job.status.final:
        return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
    await caller.context.service.cancel(job.id, caller.client)
    return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)


async def _shown(job: Job, caller: Caller, request: Request, *, logs: bool) -> QueueStatus:
    estimate = None if job.status.final else await caller.context.service.estimate(job)
    path = _of_owner(request.url.path)
    return render_status(job, caller.links, path, estimate=estimate, logs=logs)


def _of_owner(path: str) -> str:
    """The address of the app's owner and name alone, below which the vendor has its requests."""
    depth = 4 if path.startswith("/queue/") else 3
    return "/".join(path.split("/")[:depth])


def _mount() -> None:
    for owner in OWNERS:
        at = f"{owner}/{{app:path}}/requests/{{request_id}}"
        documented = owner == OWNERS[0]
        router.add_api_route(
            f"{at}/status/stream",
            follow,
            methods=["GET"],
            operation_id="falFollowRequest" if documented else None,
            include_in_schema=documented,
            response_class=EventSourceResponse,
        )
        for path, method, call, name in (
            (f"{at}/status", "GET", status, "falRequestStatus"),
            (f"{at}/cancel", "PUT", cancel, "falCancelRequest"),
            (at, "GET", response, "falRequestResponse"),
        ):
            router.add_api_route(
                path,
                call,
                methods=[method],
                operation_id=name if documented else None,
                include_in_schema=documented,
                response_model=ImageOutput if call is response else None,
            )


_mount()
