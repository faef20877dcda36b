"""Photoroom's background removal and image editing.

`POST /v1/segment` at sdk.photoroom.com and `/v2/edit` at image-api.photoroom.com as public client
code calls them (2026-11). The vendor's own pages were out of reach: the wording of its errors is
not confirmed.
"""

from cutoutd.web.dialects.base import Dialect
from cutoutd.web.dialects.photoroom import edit, segment
from cutoutd.web.dialects.photoroom.render import NAME, render_error
from cutoutd.web.dialects.photoroom.schemas import EditRequest

router = segment.router
router.include_router(edit.router)

DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(segment.PATH, segment.ACCOUNT, "/v2/"),
    render_error=render_error,
    acts_on_get=(edit.PATH,),
    schemas=(segment.PhotoroomRequest, EditRequest),
)
