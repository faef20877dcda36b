"""ModelsLab's background removal in all its generations, and the small calls beside it.

Documented at docs.modelslab.com/image-editing (v6, read 2026-11) and, for v5, at
stablediffusionapi.com/docs. What its real clients send is wider than the documents say:
forms as well as JSON, booleans and numbers in many spellings, several names for the image.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.modelslab.render import render_error, render_webhook
from cutoutd.web.dialects.modelslab.routes import router
from cutoutd.web.dialects.modelslab.schemas import (
    ClientFields,
    FetchRequest,
    RemoveBgMaskRequest,
)
from cutoutd.web.dialects.modelslab.utilities import DeleteRequest, PageRequest, UploadRequest
from cutoutd.web.dialects.modelslab.utilities import router as utilities

router.include_router(utilities)

DIALECT = Dialect(
    name="modelslab",
    router=router,
    prefixes=("/api/v", "/api/wallet_balance"),
    render_error=render_error,
    render_webhook=render_webhook,
    schemas=(
        RemoveBgMaskRequest,
        FetchRequest,
        ClientFields,
        UploadRequest,
        DeleteRequest,
        PageRequest,
    ),
)
