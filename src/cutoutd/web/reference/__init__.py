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
from cutoutd.web.pages import answer_file

FILES: Final = ("docs.html", "docs.css", "docs.js", "swagger-ui-bundle.js", "swagger-ui.css")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Swagger UI sets styles on elements."""

router = APIRouter(include_in_schema=False)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> Response:
    """Every call of this server, to read and to try."""
    return _file("docs.html", request)


@router.api_route("/docs/{name}", methods=["GET", "HEAD"])
async def file(name: str, request: Request) -> Response:
    """What that page is made of. Raises NotFound for anything else."""
    return _file(name, request)


@router.api_route("/llms.txt", methods=["GET", "HEAD"])
async def llms(request: Request) -> Response:
    """What this server can do, as text that a language model reads at once."""
    return Response(llms_text(request.app.openapi()), media_type="text/markdown; charset=utf-8")


def _file(name: str, request: Request) -> Response:
    if name not in FILES:
        raise NotFound("There is nothing at this address.")
    return answer_file(request, _data(name), kind=name.rpartition(".")[2], policy=POLICY)


@cache
def _data(name: str) -> bytes:
    folder = files(__name__)
    return (
        folder / "swagger_ui" / name if name.startswith("swagger") else folder / name
    ).read_bytes()
