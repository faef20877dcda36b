"""fal's background-removal apps: at once, and through its queue.

Documented at fal.ai/models and docs.fal.ai/model-apis (read 2026-11 through public code that calls
it), and as the published clients call it: PyPI `fal-client` 1.0.3 and npm `@fal-ai/client` 1.10.1.

The vendor tells both ways apart by the host: `fal.run` answers with the image, `queue.fal.run` with
a request's id. Here the queue is below `/queue`, or at a host whose name begins with `queue.`.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.fal import proxy, queue, run
from cutoutd.web.dialects.fal.render import NAME, render_error, render_webhook
from cutoutd.web.dialects.fal.schemas import (
    BirefnetRequest,
    BirefnetV2Request,
    BriaRequest,
    RembgRequest,
)

run.router.include_router(queue.router)
run.router.include_router(proxy.router)

DIALECT = Dialect(
    name=NAME,
    router=run.router,
    prefixes=("/fal-ai/", "/bria/", "/queue/", "/fal/"),
    render_error=render_error,
    render_webhook=render_webhook,
    security=("authorizationKey",),
    schemas=(BirefnetRequest, BirefnetV2Request, RembgRequest, BriaRequest),
)
