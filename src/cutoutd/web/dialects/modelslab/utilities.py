"""The vendor's small calls that a client of background removal makes beside it."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AliasChoices, Field
from starlette.concurrency import run_in_threadpool

import cutoutd
from cutoutd.errors import InvalidRequest
from cutoutd.jobs.model import JobStatus
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import Caller
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.modelslab.callers import CallerDep
from cutoutd.web.dialects.modelslab.render import render_error
from cutoutd.web.dialects.modelslab.schemas import ClientFields
from cutoutd.web.fields import Flag, Image, Text
from cutoutd.web.parts import Upload
from cutoutd.web.sources import read_image

BALANCE = 1_000_000.0
"""Nothing is charged here; a client that checks its balance first may go on."""
MOST_CLEARED = 10_000

router = APIRouter(route_class=in_dialect(render_error), tags=["ModelsLab"])


class UploadRequest(ClientFields):
    """An image that is to have a link."""

    image: Image = Field(
        validation_alias=AliasChoices("image", "init_image", "base64_string"),
        description="The image as a data URI or base64",
    )
    crop: Flag = Field(False, description="Accepted; the image is kept whole")


class DeleteRequest(ClientFields):
    """Which job's images to delete."""

    request_id: Text = Field(description="The job's id")


class PageRequest(ClientFields):
    """Which of the caller's jobs to list."""

    type: Text = Field("image_editing", description="Repeated in the answer")
    page: Annotated[int, Field(ge=1, le=1_000_000)] = Field(1, description="From 1")
    per_page: Annotated[int, Field(ge=1, le=100)] = Field(20, description="Jobs on a page")


async def base64_to_url(
    caller: CallerDep, body: Annotated[UploadRequest, Depends(body_of(UploadRequest))]
) -> dict[str, Any]:
    """A link, good for a day, to an image that comes as base64."""
    url = await _published(body, caller)
    return {"status": "success", "id": secrets.randbelow(2**31), "output": [url]}


async def base64_crop(
    caller: CallerDep, body: Annotated[UploadRequest, Depends(body_of(UploadRequest))]
) -> dict[str, Any]:
    """The same, as older clients know it."""
    url = await _published(body, caller)
    return {
        "status": "success",
        "messege": "image uploaded",
        "message": "image uploaded",
        "link": url,
        "request_id": secrets.randbelow(2**31),
    }


async def wallet_balance(
    _: CallerDep,
) -> dict[str, Any]:
    """The caller's balance: there is always enough."""
    return {"status": "success", "data": {"balance": BALANCE, "currency": "USD"}}


async def request_count(
    caller: CallerDep,
) -> dict[str, Any]:
    """How many jobs of the caller are not done."""
    count = await _unfinished(caller)
    return {
        "status": "success",
        "processing_count": count,
        "message": "Current processing request count retrieved successfully",
    }


async def delete_image(
    caller: CallerDep, body: Annotated[DeleteRequest, Depends(body_of(DeleteRequest))]
) -> dict[str, Any]:
    """Delete the images of a job of the caller; one that is not done is cancelled."""
    job = await caller.job(body.request_id)
    await caller.context.service.delete(job.id, caller.client)
    return {"status": "success", "messege": "image deleted", "message": "image deleted"}


async def assets_generated(
    caller: CallerDep, body: Annotated[PageRequest, Depends(body_of(PageRequest))]
) -> dict[str, Any]:
    """The caller's finished jobs whose images are still here, the newest first."""
    service = caller.context.service
    counts = await service.count(caller.client, with_images=True)
    found = await service.list(
        caller.client,
        status=JobStatus.SUCCEEDED,
        with_images=True,
        limit=body.per_page,
        offset=(body.page - 1) * body.per_page,
    )
    total = counts[JobStatus.SUCCEEDED]
    data = [
        {"id": job.id, "output": [caller.links.to_artifact(key) for key in job.artifact_keys]}
        for job in found
    ]
    pages = {
        "current_page": body.page,
        "per_page": body.per_page,
        "total": total,
        "last_page": max(1, -(-total // body.per_page)),
    }
    return {"status": "success", "type": body.type, "data": data, "pagination": pages}


async def system_details(
    caller: CallerDep,
) -> dict[str, Any]:
    """What runs here."""
    details = {
        "server": "cutoutd",
        "version": cutoutd.__version__,
        "model": caller.context.models.registry.default.name,
        "queue": await _unfinished(caller),
    }
    return {"status": "success", "message": "System details", "data": details}


async def clear_queue(
    caller: CallerDep,
) -> dict[str, Any]:
    """Cancel what the caller has waiting."""
    service = caller.context.service
    for job in await service.list(caller.client, status=JobStatus.QUEUED, limit=MOST_CLEARED):
        await service.cancel(job.id, caller.client)
    return {"status": "success", "message": "Queue cleared successfully"}


async def _unfinished(caller: Caller) -> int:
    counts = await caller.context.service.count(caller.client)
    return sum(count for status, count in counts.items() if not status.final)


async def _published(body: UploadRequest, caller: Caller) -> str:
    limit = caller.context.options.max_source_bytes
    image = await run_in_threadpool(read_image, body.image, field="image", max_bytes=limit)
    if not isinstance(image, Upload):
        raise InvalidRequest("image: must be a data URI or base64 data.", field="image")
    kind = await run_in_threadpool(
        _media_type_of, image.data, max_pixels=caller.context.options.max_pixels
    )
    key = await caller.context.service.files.publish(
        image.data, media_type=kind, client=caller.client
    )
    return caller.links.to_artifact(key)


def _media_type_of(data: bytes, *, max_pixels: int) -> str:
    from cutoutd.imaging.decode import media_type_of  # No other route here opens an image.

    return media_type_of(data, max_pixels=max_pixels)


_ENTERPRISE = "/api/v1/enterprise/image_editing"

_CALLS = (
    (
        "Base64ToUrl",
        base64_to_url,
        UploadRequest,
        ["/api/v6/image_editing/base64_to_url", "/api/v6/base64_to_url"],
    ),
    ("Base64Crop", base64_crop, UploadRequest, ["/api/v3/base64_crop", "/api/v5/base64_crop"]),
    ("WalletBalance", wallet_balance, ClientFields, ["/api/wallet_balance"]),
    ("RequestCount", request_count, ClientFields, ["/api/v6/processing/request_count"]),
    ("DeleteImage", delete_image, DeleteRequest, ["/api/v3/delete_image"]),
    ("AssetsGenerated", assets_generated, PageRequest, ["/api/v6/assets_generated"]),
    ("SystemDetails", system_details, ClientFields, [f"{_ENTERPRISE}/system_details"]),
    ("ClearQueue", clear_queue, ClientFields, [f"{_ENTERPRISE}/clear_queue"]),
)


def _mount() -> None:
    for name, call, model, paths in _CALLS:
        for path in paths:
            methods = ["POST", "GET"] if path.endswith("request_count") else ["POST"]
            for method in methods:
                router.add_api_route(
                    path,
                    call,
                    methods=[method],
                    operation_id=f"modelslab{name}",
                    include_in_schema=path == paths[0] and method == "POST",
                    openapi_extra=documented(model),
                )


_mount()
