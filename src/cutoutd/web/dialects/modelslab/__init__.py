"""ModelsLab's image editing API: `removebg_mask` and the fetch of a job that took longer.

Documented at docs.modelslab.com/image-editing (v6, read 2026-11) and, for v5, at
stablediffusionapi.com/docs. What its real clients send is wider than the documents say:
forms as well as JSON, booleans and numbers in many spellings, several names for the picture.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.modelslab.render import render_error, render_webhook
from cutoutd.web.dialects.modelslab.routes import router
from cutoutd.web.dialects.modelslab.schemas import FetchRequest, RemoveBgMaskRequest

DIALECT = Dialect(
    name="modelslab",
    router=router,
    prefixes=("/api/v",),
    render_error=render_error,
    render_webhook=render_webhook,
    schemas=(RemoveBgMaskRequest, FetchRequest),
)
