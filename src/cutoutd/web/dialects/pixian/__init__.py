"""Pixian's background removal.

`POST /api/v2/remove-background` as PyPI `pixian-ai` 1.0.0 and public code call it, read 2026-11;
its `/v1.0/removebg` is remove.bg's. The numbers of its error codes are not confirmed.
"""

from cutoutd.web.dialects.pixian.routes import DIALECT

__all__ = ["DIALECT"]
