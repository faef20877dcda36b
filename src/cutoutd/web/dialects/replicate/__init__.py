"""Replicate's predictions, below `/replicate`, for the public background-removal models.

Documented at replicate.com/docs/reference/http (read 2026-11), and as the published clients call
it: PyPI `replicate` 1.0.7 and npm `replicate` 1.4.0, whose sources say what they rely on. Which
names a model's inputs have is read from public code that calls it.

`REPLICATE_BASE_URL=http://HOST/replicate`, in JavaScript `baseUrl: "http://HOST/replicate/v1"`.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.replicate import catalogue, files, predictions
from cutoutd.web.dialects.replicate.render import NAME, PREFIX, render_error, render_webhook
from cutoutd.web.dialects.replicate.schemas import FileRequest, PredictionInput, PredictionRequest

predictions.router.include_router(files.router)
predictions.router.include_router(catalogue.router)

DIALECT = Dialect(
    name=NAME,
    router=predictions.router,
    prefixes=(f"{PREFIX}/",),
    render_error=render_error,
    render_webhook=render_webhook,
    security=("bearer",),
    schemas=(PredictionRequest, PredictionInput, FileRequest),
)
