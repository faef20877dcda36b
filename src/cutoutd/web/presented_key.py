"""The API key of a request, wherever its client puts it."""

from typing import Final

from fastapi import Request

KEY_HEADERS: Final = ("x-api-key", "key", "x-rapidapi-key")


def presented_key(request: Request, in_body: str | None = None) -> str | None:
    """The API key, from wherever this request carries one: body, bearer token, header or query."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    named = (request.headers.get(name) for name in KEY_HEADERS)
    header = next((key for key in named if key), None)
    return in_body or bearer or header or request.query_params.get("key") or None
