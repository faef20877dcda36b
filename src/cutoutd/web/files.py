"""Artifacts over HTTP, where our own store keeps them; unguessable names are the only key."""

from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from starlette.convertors import Convertor, register_url_convertor

from cutoutd.web.depends import ContextDep

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The image, or its base64 text.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/webp", "image/jpeg", "image/avif", "text/plain")
        },
    },
    304: {"description": "The caller has it already."},
    404: {"description": "Not there yet, or never there."},
    410: {"description": "Deleted, or expired; `detail` says when."},
}


class ArtifactName(Convertor[str]):
    """A name with a UUID in it, as every finished image has: other paths stay free for routes."""

    regex = r"[^/]*[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}[^/]*"

    def convert(self, value: str) -> str:
        """The name as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """Likewise."""
        return value


register_url_convertor("artifact", ArtifactName())
PATH = "/{folder}/{name:artifact}"

router = APIRouter(tags=["Files"])


@router.head(PATH, include_in_schema=False)
@router.get(PATH, operation_id="getFile", responses=ANSWERS)
async def get_file(folder: str, name: str, request: Request, context: ContextDep) -> Response:
    """A finished image. 404 until it is there, 410 after it has expired or was deleted."""
    key = str(PurePosixPath(folder, name))
    found = await context.service.files.find(key)
    stat = found.stat
    headers = {
        "ETag": stat.etag,
        "Cache-Control": "private, max-age=86400, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    if stat.etag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if found.path is not None:
        return FileResponse(found.path, media_type=stat.media_type, headers=headers)
    data = await context.service.files.read(key)
    return Response(data, media_type=stat.media_type, headers=headers)


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
