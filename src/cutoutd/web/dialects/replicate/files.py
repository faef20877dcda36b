"""Files: uploaded once, and used as inputs by the link in `urls.get`."""

import hashlib
import json
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from cutoutd.errors import InvalidRequest
from cutoutd.jobs.files import StoredFile
from cutoutd.storage.store import UPLOADS
from cutoutd.web.bodies import MULTIPART, body_of, documented, off_the_loop
from cutoutd.web.callers import CallerDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.replicate.render import V1, moment, render_error
from cutoutd.web.dialects.replicate.schemas import FileRequest
from cutoutd.web.links import Links
from cutoutd.web.sources import keep, read_image

MOST_LISTED: Final = 100
BYTES: Final = "application/octet-stream"

router = APIRouter(route_class=in_dialect(render_error), tags=["Replicate"])


class FileResponse(BaseModel):
    """A file. Its name, type, checksums and metadata are told when it is uploaded."""

    id: str
    name: str
    content_type: str
    size: int
    etag: str
    checksums: dict[str, str]
    metadata: dict[str, Any]
    created_at: str
    expires_at: str | None
    urls: dict[str, str]


class FilesResponse(BaseModel):
    """The files there are."""

    previous: None = None
    next: None = None
    results: list[FileResponse]


@router.post(
    f"{V1}/files",
    status_code=201,
    operation_id="replicateCreateFile",
    openapi_extra=documented(FileRequest, MULTIPART),
)
async def create(
    caller: CallerDep, body: Annotated[FileRequest, Depends(body_of(FileRequest))]
) -> FileResponse:
    """Keep a file for predictions to come."""
    metadata = _metadata(body.metadata)
    sent, size = body.content, len(body.content.data)
    limit = caller.context.options.max_source_bytes
    read = partial(read_image, sent, field="content", max_bytes=limit)
    files = caller.context.service.files
    source = await keep(await off_the_loop(size, read), files, client=caller.client, folder=UPLOADS)
    digest = await off_the_loop(size, lambda: hashlib.sha256(sent.data).hexdigest())
    assert source.artifact is not None
    stored = await files.upload(source.artifact.removeprefix(f"{UPLOADS}/"), caller.client)
    told = {
        "name": body.filename or sent.name or "file",
        "content_type": body.type or sent.media_type or BYTES,
        "checksums": {"sha256": digest},
        "metadata": metadata,
    }
    return render_file(stored, caller.links).model_copy(update=told)


@router.get(f"{V1}/files", operation_id="replicateListFiles")
async def list_all(caller: CallerDep) -> FilesResponse:
    """The caller's files, the newest first."""
    found = await caller.context.service.files.uploads(caller.client, limit=MOST_LISTED)
    return FilesResponse(results=[render_file(one, caller.links) for one in found])


@router.get(f"{V1}/files/{{file_id}}", operation_id="replicateGetFile")
async def get(file_id: str, caller: CallerDep) -> FileResponse:
    """What is known of a file."""
    found = await caller.context.service.files.upload(file_id, caller.client)
    return render_file(found, caller.links)


@router.delete(f"{V1}/files/{{file_id}}", status_code=204, operation_id="replicateDeleteFile")
async def delete(file_id: str, caller: CallerDep) -> Response:
    """Forget a file."""
    await caller.context.service.files.upload(file_id, caller.client)
    await caller.context.service.files.delete_upload(file_id, caller.client)
    return Response(status_code=204)


def render_file(file: StoredFile, links: Links) -> FileResponse:
    """A stored file."""
    file_id = file.key.removeprefix(f"{UPLOADS}/")
    return FileResponse(
        id=file_id,
        name=file_id,
        content_type=BYTES,
        size=file.size,
        etag=file_id.partition("-")[0],
        checksums={},
        metadata={},
        created_at=moment(file.created_at),
        expires_at=moment(file.expires_at) if file.expires_at else None,
        urls={"get": links.to_path(f"{V1}/files/{file_id}")},
    )


def _metadata(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("metadata: must be a JSON object.", field="metadata") from error
    if not isinstance(found, dict):
        raise InvalidRequest("metadata: must be a JSON object.", field="metadata")
    return found
