"""Every call, for people at `/docs` and for language models at `/llms.txt`.

Swagger UI comes from its npm package `swagger-ui-dist` 5, unchanged, with its licence (Apache-2.0)
and its notices beside it. Nothing is loaded from elsewhere.
"""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response

from cutoutd.errors import NotFound
from cutoutd.web.openapi.llms import llms_text

MEDIA_TYPES: Final = {
    "docs.html": "text/html; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Swagger UI sets styles on elements."""

router = APIRouter(include_in_schema=False)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs() -> Response:
    """Every call of this server, to read and to try."""
    return _file("docs.html")


@router.api_route("/docs/{name}", methods=["GET", "HEAD"])
async def file(name: str) -> Response:
    """What that page is made of. Raises NotFound for anything else."""
    return _file(name)


@router.api_route("/llms.txt", methods=["GET", "HEAD"])
async def llms(request: Request) -> Response:
    """What this server can do, as text that a language model reads at once."""
    return Response(llms_text(request.app.openapi()), media_type="text/markdown; charset=utf-8")


def _file(name: str) -> Response:
    if name not in MEDIA_TYPES:
        raise NotFound("There is nothing at this address.")
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(_data(name), media_type=MEDIA_TYPES[name], headers=headers)


@cache
def _data(name: str) -> bytes:
    folder = files(__name__)
    return (
        folder / "swagger_ui" / name if name.startswith("swagger") else folder / name
    ).read_bytes()
