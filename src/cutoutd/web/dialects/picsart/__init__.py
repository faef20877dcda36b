"""Picsart's background removal.

`POST /tools/1.0/removebg` as its migration page, its n8n node and public code call it (2026-11).
The wording of its errors is not confirmed.
"""

from cutoutd.web.dialects.picsart.routes import DIALECT

__all__ = ["DIALECT"]
