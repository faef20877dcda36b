"""Answers that are an image: what a route says of them, for FastAPI's `responses`."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

BINARY: Final = {"type": "string", "format": "binary"}
USUAL: Final = ("image/png", "image/webp", "image/jpeg")


def image_answer(
    *kinds: str, json: type[BaseModel] | None = None, headers: Iterable[str] = ()
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with an image of one of these media types.

    json: what it answers instead to who asks for JSON. headers: those that are the vendor's own.
    """
    answer: dict[str, Any] = {
        "description": "The image.",
        "content": {kind: {"schema": dict(BINARY)} for kind in kinds or USUAL},
    }
    named = {name: {"schema": {"type": "string"}} for name in headers}
    if named:
        answer["headers"] = named
    return {200: {**answer, **({"model": json} if json else {})}}
