"""The vendor's paths."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from cutoutd.web.accept import ZIP, AcceptDep, prefers_json
from cutoutd.web.archives import zip_of
from cutoutd.web.bodies import body_of, documented, off_the_loop
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.removebg.refusal import Refusal
from cutoutd.web.dialects.removebg.render import (
    PLENTY,
    RemoveBgResponse,
    render_error,
    render_image,
)
from cutoutd.web.dialects.removebg.schemas import CarvekitRequest, RemoveBgRequest
from cutoutd.web.openapi.answers import image_answer
from cutoutd.web.synchronous import Made, images_of, perform

NAME = "removebg"

router = APIRouter(route_class=in_dialect(render_error), tags=["remove.bg"])


@router.post(
    "/v1.0/removebg",
    operation_id="removebgRemoveBackground",
    response_class=Response,
    responses=image_answer("image/png", "image/jpeg", ZIP, json=RemoveBgResponse),
    openapi_extra=documented(RemoveBgRequest),
)
async def remove(
    caller: CallerDep,
    body: Annotated[RemoveBgRequest, Depends(body_of(RemoveBgRequest))],
    accept: AcceptDep,
) -> Response:
    """The image without its background: the file, or JSON if `Accept` asks for it."""
    return await _answer(caller, body, accept)


@router.post(
    "/api/removebg",
    operation_id="removebgRemoveForCarvekit",
    response_class=Response,
    responses=image_answer("image/png", "image/jpeg", ZIP, json=RemoveBgResponse),
    openapi_extra=documented(CarvekitRequest),
)
async def remove_for_carvekit(
    caller: CallerDep,
    body: Annotated[CarvekitRequest, Depends(body_of(CarvekitRequest))],
    accept: AcceptDep,
) -> Response:
    """The same for callers of carvekit, whose own server speaks this vendor's API below `/api`."""
    return await _answer(caller, body, accept)


async def _answer(caller: Caller, body: RemoveBgRequest, accept: str) -> Response:
    field, image = body.image()
    behind = body.backdrop()
    sources = await caller.keep_all([(field, image), *([behind] if behind else [])])
    job = await perform(body.to_command(*sources), caller, dialect=NAME, field=field)
    made = await images_of(job, caller.context)
    if made[0].artifact.bbox is None and _shows_something(made[0]):
        raise Refusal(
            "unknown_foreground",
            "Could not identify foreground in image",
            "No subject was found. Is there a clear foreground?",
            field=field,
        )
    shown = made[0]
    if body.format == "zip":
        files = {"color.jpg": shown.data, "alpha.png": made[1].data}
        archive = await off_the_loop(len(shown.data), lambda: zip_of(files))
        shown = Made(replace(shown.artifact, media_type=ZIP), archive)
    subject = "other" if body.type == "auto" else body.type
    return await off_the_loop(
        len(shown.data),
        lambda: render_image(
            shown,
            subject=None if body.type_level == "none" else subject,
            quota=caller.context.quotas.last(caller.client),
            json=prefers_json(accept),
        ),
    )


@router.get("/api/account", include_in_schema=False)
@router.get("/v1.0/account", operation_id="removebgGetAccount")
async def account(_: CallerDep) -> dict[str, Any]:
    """The caller's balance: there is always enough."""
    return {
        "data": {
            "attributes": {
                "credits": {
                    "total": PLENTY,
                    "subscription": 0,
                    "payg": PLENTY,
                    "enterprise": 0,
                },
                "api": {"free_calls": PLENTY, "sizes": "all"},
            }
        }
    }


def _shows_something(made: Made) -> bool:
    """Clients try their set-up with a single pixel; that it has no subject is no surprise."""
    return min(made.artifact.width, made.artifact.height) > 1
