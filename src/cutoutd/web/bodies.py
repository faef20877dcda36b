"""Request fields, from whichever encoding the client chose: JSON, urlencoded or multipart."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from cutoutd.errors import InvalidRequest
from cutoutd.web.context import context_of
from cutoutd.web.details import invalid_from
from cutoutd.web.state import state_of

MAX_FIELDS = 200
MAX_FILES = 10

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part: its bytes and the client's file name (never a path of ours)."""

    data: bytes
    name: str | None


def body_of(
    model: type[Model], *, whole_body: str | None = None
) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads the request's fields as `model`: the query's and the body's.

    whole_body: the field that a body stands for which is no form and no JSON but a picture.
    Raises InvalidRequest, naming the field, for what does not fit the model.
    """

    async def parse(request: Request) -> Model:
        fields = await _fields_once(request, whole_body)
        try:
            return model.model_validate(fields)
        except ValidationError as error:
            raise invalid_from(error.errors(include_url=False, include_context=False)) from error

    return parse


async def _fields_once(request: Request, whole_body: str | None) -> dict[str, Any]:
    """Two dependencies of one route may ask; a form can be read only once."""
    state = state_of(request.scope)
    if state.fields is None:
        in_body = await read_fields(request, whole_body=whole_body)
        state.fields = {**request.query_params, **in_body}
    return state.fields


async def read_fields(request: Request, *, whole_body: str | None = None) -> dict[str, Any]:
    """Every field of the body by name; a file part is an `Upload`, a repeated field a list.

    A body that looks like JSON is read as JSON whatever its type says: `curl -d` and some
    browsers' `fetch` send it as urlencoded or as plain text. An empty body has no fields.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_form(request)
    body = await request.body()
    if not body.strip():
        return {}
    if whole_body and _binary(body):
        return {whole_body: Upload(data=body, name=None)}
    if kind == "application/x-www-form-urlencoded" and not body.lstrip().startswith(b"{"):
        return await _read_form(request)
    return _read_json(body)


def _binary(body: bytes) -> bool:
    """Every picture file has such bytes at its start; text in a form or in JSON has none."""
    return any(byte < 9 or byte > 126 for byte in body[:64])


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        fields = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest("The body is not valid JSON.") from error
    if not isinstance(fields, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return fields


async def _read_form(request: Request) -> dict[str, Any]:
    limit = context_of(request).options.max_body_bytes
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=limit)
    except HTTPException as error:
        raise InvalidRequest(f"The form cannot be read: {error.detail}") from error
    fields: dict[str, Any] = {}
    try:
        for name in form:
            values = [await _value(part) for part in form.getlist(name)]
            fields[name] = values[0] if len(values) == 1 else values
    finally:
        await form.close()
    return fields


async def _value(part: UploadFile | str) -> Upload | str:
    if isinstance(part, UploadFile):
        return Upload(data=await part.read(), name=part.filename or None)
    return part


def documented(model: type[BaseModel], *encodings: str) -> dict[str, Any]:
    """The OpenAPI request body of a route that reads `model` through `body_of`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    kinds = encodings or (
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    )
    picture = {"type": "string", "format": "binary"}
    content = {kind: {"schema": picture if kind == "image/*" else schema} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}
