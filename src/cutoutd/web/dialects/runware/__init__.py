"""Runware's `removeBackground` tasks over HTTP.

`POST /v1` with a list of tasks, as its page *Remove Background API* and PyPI `runware-sdk` 1.8
have it, read 2026-11. Each is answered at once, also with `deliveryMethod: async`.
"""

from cutoutd.web.dialects.runware.routes import DIALECT

__all__ = ["DIALECT"]
