"""The handbook at `/handbook`: the pages of `docs/`, readable without the internet.

No scripts: the contents list and the search are plain HTML. A page's address with `.md` at its end
is its Markdown, for language models.
"""

from importlib.resources import files
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from cutoutd.errors import NotFound
from cutoutd.web.handbook.contents import HOME, handbook
from cutoutd.web.pages import answer_file

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
MOST_SEARCHED: Final = 100
"""Characters of a search."""

router = APIRouter(include_in_schema=False)


@router.api_route("/handbook", methods=["GET", "HEAD"])
async def home(request: Request) -> Response:
    """The first page, with all others in its contents list."""
    return await page(HOME, request)


@router.api_route("/handbook/search", methods=["GET", "HEAD"])
async def search(request: Request, q: Annotated[str, Query()] = "") -> Response:
    """The sections that hold all words of `q`."""
    data = await run_in_threadpool(_found, q[:MOST_SEARCHED])
    return answer_file(request, data, kind="html", policy=POLICY)


@router.api_route("/handbook/handbook.css", methods=["GET", "HEAD"])
async def style(request: Request) -> Response:
    """How the pages look."""
    data = (files(__name__) / "handbook.css").read_bytes()
    return answer_file(request, data, kind="css", policy=POLICY)


@router.api_route("/handbook/images/{name}", methods=["GET", "HEAD"])
async def image(name: str, request: Request) -> Response:
    """An image of a page. Raises NotFound for anything else."""
    data = await run_in_threadpool(handbook().image, name)
    return answer_file(request, data, kind=name.rpartition(".")[2], policy=POLICY)


@router.api_route("/handbook/{name:path}", methods=["GET", "HEAD"])
async def page(name: str, request: Request) -> Response:
    """A page, or its Markdown. Raises NotFound for a name that no page has."""
    as_text = name.endswith(".md")
    data = await run_in_threadpool(_page, name.removesuffix(".md"), as_text=as_text)
    return answer_file(request, data, kind="md" if as_text else "html", policy=POLICY)


def _page(name: str, *, as_text: bool) -> bytes:
    from cutoutd.web.handbook.render import page_html  # Not at the server's start.

    found = handbook().pages.get(name)
    if found is None:
        raise NotFound("There is no such page in the handbook.")
    return (found.text if as_text else page_html(found)).encode()


def _found(query: str) -> bytes:
    from cutoutd.web.handbook.render import search_html

    return search_html(query).encode()
