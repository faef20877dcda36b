"""Files of pages for people, as answers: under a policy, and not sent again while unchanged."""

from hashlib import sha256
from typing import Final

from fastapi import Request, Response

MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "svg": "image/svg+xml",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
"""By what a file's name ends in."""


def answer_file(request: Request, data: bytes, *, kind: str, policy: str) -> Response:
    """A file of a page; the browser asks each time whether its copy is still good.

    kind: one of MEDIA_TYPES. policy: what the page may load (Content-Security-Policy).
    """
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "ETag": f'"{sha256(data).hexdigest()[:16]}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=MEDIA_TYPES[kind], headers=headers)
