"""remove.bg's API, version 1.0.

`POST /v1.0/removebg` and `GET /v1.0/account` as the PyPI and npm clients and the vendor's own
command line use them (2026-11), and below `/api` as carvekit's server has it. What no client sends
follows the published parameter names; the vendor's pages were out of reach.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.removebg.render import render_error
from cutoutd.web.dialects.removebg.routes import NAME, router
from cutoutd.web.dialects.removebg.schemas import CarvekitRequest, RemoveBgRequest

DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/v1.0/", "/api/removebg", "/api/account"),
    render_error=render_error,
    schemas=(RemoveBgRequest, CarvekitRequest),
)
