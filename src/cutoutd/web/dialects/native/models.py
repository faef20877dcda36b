"""What this server can do: its models and their licences, and how it is."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

import cutoutd
from cutoutd.segmentation.models import EMBEDDED, ModelSpec
from cutoutd.web.callers import CallerDep
from cutoutd.web.depends import ContextDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.handbook.contents import MODEL_CARD
from cutoutd.web.links import Links
from cutoutd.web.presented_key import presented_key

router = APIRouter(route_class=in_dialect(render_problem), tags=["cutoutd"])


class ModelResponse(BaseModel):
    """A model that a request can name."""

    name: str
    subject: str = Field(description="What it was trained to find")
    default: bool = Field(description="Whether requests that name no model get this one")
    usable: bool = Field(description="Whether it is on this server and permitted")
    licence: str
    commercial_use: bool = Field(description="Whether its licence allows commercial use")
    prompts: bool = Field(description="Whether it has to be told what is meant: `subject_at` …")
    source: str = Field(description="Where the weights were published")
    card: str | None = Field(
        description="A page of this server on what it was trained on and how good it is; "
        "null for models that others publish"
    )


class ModelsResponse(BaseModel):
    """Every model that a request can name."""

    models: list[ModelResponse]


class HealthResponse(BaseModel):
    """Whether this server should be sent work."""

    status: Literal["ready", "not ready"]
    version: str | None = Field(
        description="Null for callers without a key, where keys are asked for"
    )
    checks: dict[str, str] = Field(description="How each check stands; likewise empty")


@router.get("/v1/models", operation_id="listModels")
async def models(caller: CallerDep) -> ModelsResponse:
    """The models, with their licences."""
    catalogue = caller.context.models
    known = catalogue.registry
    shown = [
        _shown(
            spec,
            caller.links,
            default=spec is known.default,
            usable=await catalogue.usable(spec.name),
        )
        for spec in known.values()
    ]
    return ModelsResponse(models=shown)


@router.get("/v1/health", operation_id="getHealth")
async def health(request: Request, context: ContextDep, response: Response) -> HealthResponse:
    """The same checks as `/readyz`: 503 if one of them does not hold."""
    checks = await run_in_threadpool(context.readiness.checks)
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    known = context.clients.knows(presented_key(request))
    return HealthResponse(
        status="ready" if ready else "not ready",
        version=cutoutd.__version__ if known else None,
        checks={check.name: check.detail for check in checks} if known else {},
    )


def _shown(spec: ModelSpec, links: Links, *, default: bool, usable: bool) -> ModelResponse:
    return ModelResponse(
        name=spec.name,
        subject=spec.subject.value,
        default=default,
        usable=usable,
        licence=spec.licence,
        commercial_use=spec.commercial,
        prompts=spec.prompts,
        source=spec.source,
        card=links.to_path(f"/handbook/{MODEL_CARD}") if spec is EMBEDDED else None,
    )
