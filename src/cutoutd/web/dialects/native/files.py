"""Images uploaded once, for several jobs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cutoutd.errors import InvalidRequest
from cutoutd.storage.store import UPLOADS
from cutoutd.web.bodies import body_of, documented
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.fields import Image, RequestFields
from cutoutd.web.sources import keep, read_image

router = APIRouter(route_class=in_dialect(render_problem), tags=["cutoutd"])


class FileRequest(RequestFields):
    """An image to keep."""

    image: Image = Field(description="A file, a data URI or base64")


class FileResponse(BaseModel):
    """An image that is kept."""

    id: str = Field(description="Unguessable; give it as `file` in a job")


@router.post(
    "/v1/files",
    status_code=201,
    operation_id="uploadFile",
    openapi_extra=documented(FileRequest, "multipart/form-data", "application/json", "image/*"),
)
async def upload(
    caller: CallerDep,
    body: Annotated[FileRequest, Depends(body_of(FileRequest, whole_body="image"))],
) -> FileResponse:
    """Keep an image for jobs to come, as long as the server keeps images."""
    limit = caller.context.options.max_source_bytes
    image = await run_in_threadpool(read_image, body.image, field="image", max_bytes=limit)
    source = await keep(image, caller.context.service.files, client=caller.client, folder=UPLOADS)
    if source.artifact is None:
        raise InvalidRequest("image: a URL needs no upload; give it to the job.", field="image")
    return FileResponse(id=source.artifact.removeprefix(f"{UPLOADS}/"))


@router.delete("/v1/files/{file_id}", status_code=204, operation_id="deleteFile")
async def delete(file_id: str, caller: CallerDep) -> Response:
    """Forget an uploaded image; one that is gone already is fine."""
    await caller.context.service.files.delete_upload(file_id, caller.client)
    return Response(status_code=204)
