"""Every app at its own address: the image in the answer, or the request's id in the queue's."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator

from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.fal.queue import output_of, submit
from cutoutd.web.dialects.fal.render import (
    FIELD,
    NAME,
    REQUEST_ID,
    ImageOutput,
    QueueStatus,
    render_error,
)
from cutoutd.web.dialects.fal.schemas import APPS, AppRequest
from cutoutd.web.fields import called_back
from cutoutd.web.synchronous import perform

QUEUE_HOST: Final = "queue."

router = APIRouter(route_class=in_dialect(render_error), tags=["fal"])

FalWebhook = Annotated[
    Annotated[str, AfterValidator(called_back)] | None,
    Query(max_length=8192, description="Called when the request has ended"),
]


def run_of(app: str, model: type[AppRequest]) -> Callable[..., Awaitable[JSONResponse]]:
    """The route of one app that answers with the image."""

    async def run(
        caller: CallerDep,
        request: Request,
        body: Annotated[AppRequest, Depends(body_of(model))],
        fal_webhook: FalWebhook = None,
    ) -> JSONResponse:
        """The image without its background."""
        if request.headers.get("host", "").lower().startswith(QUEUE_HOST):
            return await submit(body, caller, app=app, path=f"/{app}", webhook=fal_webhook)
        source = await caller.keep(body.image_url, field=FIELD)
        job = await perform(
            body.to_command(source),
            caller,
            dialect=NAME,
            field=FIELD,
            keep_for_s=None,
            echo={"app": app, "sync_mode": body.sync_mode},
        )
        answer = await output_of(job, caller)
        answer.headers[REQUEST_ID] = str(job.id)
        return answer

    return run


def submission_of(app: str, model: type[AppRequest]) -> Callable[..., Awaitable[JSONResponse]]:
    """The route of one app that answers with the request's id."""

    async def enqueue(
        caller: CallerDep,
        body: Annotated[AppRequest, Depends(body_of(model))],
        fal_webhook: FalWebhook = None,
    ) -> JSONResponse:
        """Put a request into the queue."""
        return await submit(body, caller, app=app, path=f"/queue/{app}", webhook=fal_webhook)

    return enqueue


def _mount() -> None:
    for app, model in APPS.items():
        name = "".join(word.capitalize() for word in app.replace("fal-ai/", "").split("/"))
        extra = documented(model, "application/json")
        router.add_api_route(
            f"/{app}",
            run_of(app, model),
            methods=["POST"],
            operation_id=f"falRun{name}" if app.startswith("fal-ai/") else "falRunBria",
            response_model=ImageOutput,
            openapi_extra=extra,
        )
        router.add_api_route(
            f"/queue/{app}",
            submission_of(app, model),
            methods=["POST"],
            operation_id=f"falSubmit{name}" if app.startswith("fal-ai/") else "falSubmitBria",
            response_model=QueueStatus,
            openapi_extra=extra,
        )


_mount()
