"""What clients look up beside predictions: models, their versions, the account, the secret."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from cutoutd.errors import NotFound
from cutoutd.web.bodies import receive_body
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.replicate.models import (
    ANY,
    MODELS,
    Model,
    is_version,
    model_of,
    schema_of,
)
from cutoutd.web.dialects.replicate.render import V1, render_error

COG: Final = "0.9.0"
"""A version of the vendor's packager: clients compare it to know what a schema means."""
SINCE: Final = "2026-11-28T00:00:00.000Z"
"""When this was written; the vendor's own dates are not known here."""

router = APIRouter(route_class=in_dialect(render_error), tags=["Replicate"])


@router.get(f"{V1}/models", operation_id="replicateListModels")
async def list_models(_: CallerDep) -> dict[str, Any]:
    """The models there are."""
    return _page([render_model(model) for model in MODELS.values()])


@router.api_route(f"{V1}/models", methods=["QUERY"], include_in_schema=False)
async def search_models(_: CallerDep, request: Request) -> dict[str, Any]:
    """The models whose names have the body's text in them."""
    body = await receive_body(request)
    text = (await run_in_threadpool(body.whole)).decode(errors="replace").strip(' "').lower()
    return _page([render_model(one) for one in MODELS.values() if text in one.name.lower()])


@router.get(f"{V1}/models/{{owner}}/{{name}}", operation_id="replicateGetModel")
async def get_model(owner: str, name: str, _: CallerDep) -> dict[str, Any]:
    """One model, with its version."""
    return render_model(model_of(f"{owner}/{name}"))


@router.get(f"{V1}/models/{{owner}}/{{name}}/versions", operation_id="replicateListVersions")
async def list_versions(owner: str, name: str, _: CallerDep) -> dict[str, Any]:
    """Its one version."""
    model = model_of(f"{owner}/{name}")
    return _page([render_version(model, model.version)])


@router.get(
    f"{V1}/models/{{owner}}/{{name}}/versions/{{version_id}}",
    operation_id="replicateGetVersion",
)
async def get_version(owner: str, name: str, version_id: str, _: CallerDep) -> dict[str, Any]:
    """A version, whatever its hash, with the schema of its inputs and its output."""
    if not is_version(version_id):
        raise NotFound("There is no such version.")
    return render_version(MODELS.get(f"{owner}/{name}", ANY), version_id)


@router.get(f"{V1}/account", operation_id="replicateGetAccount")
async def account(caller: CallerDep) -> dict[str, Any]:
    """Who calls."""
    return {"type": "user", "username": caller.client, "name": caller.client, "github_url": None}


@router.get(f"{V1}/hardware", operation_id="replicateListHardware")
async def hardware(_: CallerDep) -> list[dict[str, str]]:
    """What models run on: what this server has."""
    return [{"name": "This server", "sku": "self-hosted"}]


@router.get(f"{V1}/webhooks/default/secret", operation_id="replicateGetWebhookSecret")
async def webhook_secret(caller: CallerDep) -> JSONResponse:
    """The secret that webhooks are signed with; a receiver needs it to check the signature."""
    secret = caller.context.options.webhook_secret
    if secret is None:
        raise NotFound("Webhooks are not signed here: CUTOUTD_WEBHOOK_SECRETS is empty.")
    return JSONResponse({"key": secret}, headers={"Cache-Control": "no-store"})


def render_model(model: Model) -> dict[str, Any]:
    """A model, as the vendor lists it."""
    owner, _, name = model.name.partition("/")
    return {
        "url": f"https://replicate.com/{model.name}",
        "owner": owner,
        "name": name,
        "description": "Background removal, by this server's own model",
        "visibility": "public",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": render_version(model, model.version),
    }


def render_version(model: Model, version: str) -> dict[str, Any]:
    """A version of a model."""
    return {
        "id": version,
        "created_at": SINCE,
        "cog_version": COG,
        "openapi_schema": schema_of(model),
    }


def _page(results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"previous": None, "next": None, "results": results}
