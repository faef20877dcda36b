"""Error answers, as they really are: each kind of error is rendered by the dialect itself."""

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    Gone,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProcessingFailed,
    RateLimited,
    RequestConflict,
    SourceRejected,
    SourceUnreachable,
    UnsupportedEncoding,
)
from cutoutd.web.dialects.base import RenderError
from cutoutd.web.openapi.requests import image_field
from cutoutd.web.openapi.routes import Needs
from cutoutd.web.openapi.schemas import REF, Schema, schema_of

_ALWAYS: Final = (ProcessingFailed("Internal server error."),)
_OF_KEYS: Final = (
    AuthenticationFailed("Authentication required. Please provide a valid API key."),
    PermissionDenied("This key may not do this."),
)
_OF_PATHS: Final = (NotFound("There is no such thing."), Gone("The image", at_ms=1_767_225_600_000))
_OF_PARAMETERS: Final = (InvalidRequest("wait: must be a number.", field="wait"),)
_OF_BODIES: Final = (
    UnsupportedEncoding("br"),
    SourceRejected("The request is larger than 40 MB.", reason="too_many_bytes"),
    Overloaded("The queue is full.", retry_after_s=10),
)
_OF_CONFLICTS: Final = (
    RequestConflict("This idempotency key was used for another request.", field="Idempotency-Key"),
)


def errors_of(needs: Needs) -> tuple[CutoutError, ...]:
    """One example of each error that a route of these needs may answer."""
    chosen: list[CutoutError] = list(_ALWAYS)
    if needs.key:
        chosen += _OF_KEYS
    if needs.path:
        chosen += _OF_PATHS
    if needs.parameters and needs.body is None:
        chosen += _OF_PARAMETERS
    if needs.body is not None:
        chosen += [*_OF_BODIES, *_about_fields(image_field(needs.body))]
    if needs.idempotent:
        chosen += _OF_CONFLICTS
    return tuple(chosen)


def _about_fields(image: str | None) -> Iterator[CutoutError]:
    """image: what the dialect calls the image; None for a body without one."""
    if image is None:
        yield InvalidRequest("The body must be a JSON object.")
        return
    yield InvalidRequest(f"{image}: Field required.", field=image)
    yield SourceRejected("This is not an image.", reason="not_an_image", field=image)
    yield SourceRejected("The image is damaged.", reason="corrupt", field=image)
    yield SourceRejected("The image has too many pixels.", reason="too_many_pixels", field=image)
    yield SourceUnreachable("photos.example.com", "it answered 404")
    yield RateLimited("60 jobs a minute", retry_after_s=10)


class Refusals:
    """The error answers of all dialects, as components that operations refer to."""

    def __init__(self, app: Any) -> None:
        self.responses: dict[str, Schema] = {}
        self._app = app
        self._bodies: dict[str, list[Any]] = {}

    def of(self, name: str, render: RenderError, needs: Needs, method: str) -> dict[str, Schema]:
        """By status: references to the answers of the dialect called `name`.

        An error that a vendor answers with success is left to the route's own schemas.
        """
        found: dict[str, Schema] = {}
        for error in errors_of(needs):
            status = self._add(name, render, error, method)
            if status >= 400:
                found[str(status)] = {"$ref": f"#/components/responses/{_named(name, status)}"}
        return dict(sorted(found.items()))

    def schemas(self) -> dict[str, Schema]:
        """One schema for each dialect's errors, true for every example."""
        return {name: schema_of(bodies) for name, bodies in sorted(self._bodies.items())}

    def _add(self, name: str, render: RenderError, error: CutoutError, method: str) -> int:
        scope = {"type": "http", "method": method, "path": "/", "headers": [], "app": self._app}
        answer = render(Request({**scope, "query_string": b""}), error)
        status, media_type = answer.status_code, answer.headers["content-type"].partition(";")[0]
        if status < 400:
            return status
        text = bytes(answer.body).decode()
        is_json = media_type.endswith("json")
        value = json.loads(text) if is_json else text
        response = self.responses.setdefault(_named(name, status), _empty(status, answer.headers))
        schema = {"$ref": f"{REF}{_capital(name)}Error"} if is_json else {"type": "string"}
        content = response["content"].setdefault(media_type, {"schema": schema, "examples": {}})
        content["examples"].setdefault(_example(error), {"value": value})
        bodies = self._bodies.setdefault(f"{_capital(name)}Error", [])
        if is_json and value not in bodies:
            bodies.append(value)
        return status


def _empty(status: int, headers: Iterable[str]) -> Schema:
    response: Schema = {"description": f"{HTTPStatus(status).phrase}.", "content": {}}
    if "retry-after" in headers:
        whole = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": whole}
    return response


def _example(error: CutoutError) -> str:
    return error.reason if isinstance(error, SourceRejected) else error.code


def _named(name: str, status: int) -> str:
    return _capital(name) + HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
