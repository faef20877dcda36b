"""The pages for people: the playground at `/` and the operator's view at `/jobs`.

Plain files without a build step. Nothing is loaded from elsewhere, and the content security
policy keeps it so; an image whose URL the visitor typed is fetched by the server.
"""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response

from cutoutd.errors import NotFound
from cutoutd.web.pages import MEDIA_TYPES, answer_file

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self' blob: https: http:; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""`connect-src` is wide because an S3 store has a host of its own."""

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def playground(request: Request) -> Response:
    """Try the server: drop an image, see it without its background."""
    return page("index.html", request)


@router.api_route("/jobs", methods=["GET", "HEAD"])
async def jobs(request: Request) -> Response:
    """The operator's view of the queue."""
    return page("jobs.html", request)


@router.api_route("/playground/{name}", methods=["GET", "HEAD"])
async def file(name: str, request: Request) -> Response:
    """What the pages are made of. Raises NotFound for anything else."""
    return page(name, request)


def page(name: str, request: Request) -> Response:
    """A file of this folder."""
    data = contents().get(name)
    if data is None:
        raise NotFound("There is nothing at this address.")
    return answer_file(request, data, kind=name.rpartition(".")[2], policy=POLICY)


@cache
def contents() -> dict[str, bytes]:
    """Every file of the pages, by name."""
    folder = files(__name__)
    return {
        one.name: one.read_bytes()
        for one in folder.iterdir()
        if one.is_file() and one.name.rpartition(".")[2] in MEDIA_TYPES
    }
