"""Leonardo.Ai's background removal, to which remove.bg's vendor sends its callers.

`generationssync` and its asynchronous twin, documented at docs.leonardo.ai (the model's page, its
OpenAPI of 2026-08-31 and the page about the migration of 2026-09-02, read 2026-11).
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.leonardo.render import NAME, REST, render_error
from cutoutd.web.dialects.leonardo.routes import router
from cutoutd.web.dialects.leonardo.schemas import (
    GenerationRequest,
    Guidances,
    ReferenceImage,
    RemoveBgParameters,
)

DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(f"{REST}/",),
    render_error=render_error,
    schemas=(GenerationRequest, RemoveBgParameters, Guidances, ReferenceImage),
    security=("bearer",),
)
