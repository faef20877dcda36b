"""Our own API, version 1: jobs, images, files, models, health.

Everything the product can do, without a vendor's history: binary bodies, forms or JSON in; PNG,
WebP, AVIF or JPEG out; problem details (RFC 9457) with a stable `code` for every error.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.native import files, images, jobs, models
from cutoutd.web.dialects.native.render import render_webhook
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest
from cutoutd.web.errors import render_problem

images.router.include_router(jobs.router)
images.router.include_router(files.router)
images.router.include_router(models.router)

DIALECT = Dialect(
    name="native",
    router=images.router,
    prefixes=("/v1/jobs", "/v1/files", "/v1/models", "/v1/health", "/v1/remove-background"),
    render_error=render_problem,
    render_webhook=render_webhook,
    schemas=(RemoveBackgroundRequest, files.FileRequest),
)
