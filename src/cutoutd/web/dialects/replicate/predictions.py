"""Predictions: create, get, list, cancel."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from cutoutd.errors import NotFound
from cutoutd.jobs.model import Job, Json, now_ms
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.replicate.models import Model, model_of, versioned
from cutoutd.web.dialects.replicate.preferences import Preferences, PreferencesDep
from cutoutd.web.dialects.replicate.render import (
    NAME,
    V1,
    PredictionResponse,
    render_error,
    render_prediction,
)
from cutoutd.web.dialects.replicate.schemas import PredictionRequest
from cutoutd.web.failures import has_images
from cutoutd.web.parts import Upload
from cutoutd.web.synchronous import image_of

PAGE: Final = 100
_FILE: Final = re.compile(
    rf"(?i:https?)://[^?#]+{V1}/files/([0-9a-f]{{32}}-[0-9a-f]{{32}})(?:[?#].*)?"
)

Body = Annotated[PredictionRequest, Depends(body_of(PredictionRequest))]

router = APIRouter(route_class=in_dialect(render_error), tags=["Replicate"])


class PredictionsResponse(BaseModel):
    """A page of predictions."""

    previous: str | None
    next: str | None
    results: list[PredictionResponse]


@router.post(
    f"{V1}/predictions",
    operation_id="replicateCreatePrediction",
    status_code=201,
    response_model=PredictionResponse,
    openapi_extra=documented(PredictionRequest, "application/json"),
)
async def create(caller: CallerDep, wants: PreferencesDep, body: Body) -> JSONResponse:
    """Run a version of a model; with `Prefer: wait` the answer has the image."""
    model, version = versioned(body.version)
    return await _create(body, model, version, wants, caller)


@router.post(
    f"{V1}/models/{{owner}}/{{name}}/predictions",
    operation_id="replicateCreateModelPrediction",
    status_code=201,
    response_model=PredictionResponse,
    openapi_extra=documented(PredictionRequest, "application/json"),
)
async def create_by_name(
    owner: str, name: str, caller: CallerDep, wants: PreferencesDep, body: Body
) -> JSONResponse:
    """Run a model by its name."""
    model = model_of(f"{owner}/{name}")
    return await _create(body, model, model.version, wants, caller)


@router.get(f"{V1}/predictions", operation_id="replicateListPredictions")
async def list_all(
    caller: CallerDep, cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None
) -> PredictionsResponse:
    """The caller's predictions, the newest first, a hundred at a time."""
    found = await caller.context.service.list(
        caller.client, dialect=NAME, after=cursor, limit=PAGE + 1
    )
    more = found[PAGE - 1].id if len(found) > PAGE else None
    jobs = [await _in_time(job, caller) for job in found[:PAGE]]
    return PredictionsResponse(
        previous=None,
        next=caller.links.to_path(f"{V1}/predictions?cursor={more}") if more else None,
        results=[render_prediction(job, caller.links) for job in jobs],
    )


@router.get(
    f"{V1}/predictions/{{prediction_id}}",
    operation_id="replicateGetPrediction",
    response_model=PredictionResponse,
)
async def get(prediction_id: str, caller: CallerDep) -> JSONResponse:
    """A prediction as it is now."""
    return await _shown(await _own(prediction_id, caller), caller)


@router.post(
    f"{V1}/predictions/{{prediction_id}}/cancel",
    operation_id="replicateCancelPrediction",
    response_model=PredictionResponse,
)
async def cancel(prediction_id: str, caller: CallerDep) -> JSONResponse:
    """Cancel a prediction; one that has ended stays as it is."""
    job = await _own(prediction_id, caller)
    return await _shown(await caller.context.service.cancel(job.id, caller.client), caller)


async def _create(
    body: PredictionRequest, model: Model, version: str, wants: Preferences, caller: Caller
) -> JSONResponse:
    limit_s = wants.cancel_after_s
    job = await _submit(body, model, version, wants, caller)
    if wants.wait_s is None:
        return await _shown(job, caller, status=201)
    job = await caller.wait(job, min(wants.wait_s, limit_s or wants.wait_s))
    return await _shown(await _in_time(job, caller), caller, status=201 if _over(job) else 202)


async def _submit(
    body: PredictionRequest, model: Model, version: str, wants: Preferences, caller: Caller
) -> Job:
    field, sent = body.input.sent()
    behind = body.input.backdrop()
    images = [(field, await _uploaded(sent, field, caller))]
    if behind is not None:
        field = "input.background_type"
        images.append((field, await _uploaded(behind, field, caller)))
    source, *backdrops = await caller.keep_all(images)
    command = body.input.to_command(source, backdrops[0] if backdrops else None, body.called_back())
    limit_s = wants.cancel_after_s
    echo: dict[str, Json] = {
        "model": model.name,
        "version": version,
        "input": body.input.echoed(),
        "data_uri": wants.data_uri,
        "cancel_at": None if limit_s is None else now_ms() + 1000 * limit_s,
    }
    return await caller.submit(command, dialect=NAME, echo=echo)


async def _uploaded(value: str | Upload, field: str, caller: Caller) -> str | Upload:
    """The id of the file that a link of `files.create` means; anything else as it is."""
    found = _FILE.fullmatch(value.strip()[:8192]) if isinstance(value, str) else None
    if found is None:
        return value
    await caller.uploaded(found[1], field=field)
    return found[1]


async def _own(prediction_id: str, caller: Caller) -> Job:
    job = await caller.job(prediction_id)
    if job.dialect != NAME:
        raise NotFound("There is no such prediction.")
    return await _in_time(job, caller)


async def _in_time(job: Job, caller: Caller) -> Job:
    """The job, cancelled if its `Cancel-After` is over."""
    limit = job.echo.get("cancel_at")
    if job.status.final or not isinstance(limit, int) or now_ms() < limit:
        return job
    return await caller.context.service.cancel(job.id, caller.client)


def _over(job: Job) -> bool:
    return job.status.final


async def _shown(job: Job, caller: Caller, *, status: int = 200) -> JSONResponse:
    """The prediction, with the image in it where that was asked for.

    A client that has waited takes any status but `starting` for the end, so an unfinished
    prediction is `starting` in the answer to the request that made it.
    """
    if job.echo.get("data_uri") and has_images(job):
        made = await image_of(job, caller.context)
        kind = made.artifact.media_type
        answer = await made.in_json(
            lambda text: render_prediction(
                job, caller.links, output=f"data:{kind};base64,{text}"
            ).model_dump()
        )
        answer.status_code = status
        return answer
    shown = render_prediction(job, caller.links)
    if status != 200 and not job.status.final:
        shown = shown.model_copy(update={"status": "starting"})
    return JSONResponse(shown.model_dump(), status)
