"""For the JavaScript client's `proxyUrl`: a header names the address, a redirect leads there."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Header
from fastapi.responses import RedirectResponse

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.web.depends import LinksDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.dialects.fal.queue import OWNERS
from cutoutd.web.dialects.fal.render import render_error

_TARGET: Final = re.compile(
    r"https://(?P<queue>queue\.)?fal\.run(?P<path>/[^?#]*)(?P<query>\?[^#]*)?", re.IGNORECASE
)

router = APIRouter(route_class=in_dialect(render_error), tags=["fal"])


@router.post("/fal/proxy", operation_id="falProxy", status_code=307)
@router.api_route("/fal/proxy", methods=["GET", "PUT"], include_in_schema=False)
async def proxy(
    links: LinksDep, x_fal_target_url: Annotated[str, Header(max_length=8192)] = ""
) -> RedirectResponse:
    """A redirect that keeps method, body and key, to the same call at this server."""
    target = _TARGET.fullmatch(x_fal_target_url.strip())
    if target is None:
        raise InvalidRequest(
            "x-fal-target-url: only fal.run and queue.fal.run are here; instead of an upload, "
            "send the image as a data URI.",
            field="x-fal-target-url",
        )
    path = f"{'/queue' if target['queue'] else ''}{target['path']}"
    if not path.startswith(tuple(f"{owner}/" for owner in OWNERS)):
        raise NotFound("There is no such app here.")
    return RedirectResponse(links.to_path(path + (target["query"] or "")), status_code=307)
