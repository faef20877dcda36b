"""Request fields, from whichever encoding the client chose: JSON, urlencoded or multipart."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from cutoutd.errors import InvalidRequest, UnsupportedEncoding
from cutoutd.net.unpack import UNPACKED, encodings_of
from cutoutd.options.refusal import invalid_from
from cutoutd.web.depends import context_of
from cutoutd.web.json_body import is_array, is_object, read_array, read_object
from cutoutd.web.parts import Upload, charset_of, read_multipart, read_urlencoded
from cutoutd.web.received import ReceivedBody
from cutoutd.web.state import state_of

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

_SMALL: Final = 8192
"""Bodies that are read sooner than a thread begins."""
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="bodies")

Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")


class BodyOf(Generic[Model]):
    """A dependency that reads the request's fields as `model`: the query's and the body's."""

    def __init__(
        self, model: type[Model], *, whole_body: str | None, whole_list: str | None
    ) -> None:
        self.model = model
        self.whole_body = whole_body
        self.whole_list = whole_list

    async def __call__(self, request: Request) -> Model:
        """Raises InvalidRequest, naming the field, for what does not fit the model."""
        state = state_of(request.scope)
        body, state.body = state.body or await receive_body(request), None
        kind, query = request.headers.get("content-type", ""), dict(request.query_params)

        def read() -> Model:
            data = body.whole()
            if state.foreign_page and (is_object(data) or is_array(data)) and _sent_unasked(kind):
                raise InvalidRequest("JSON from a web page needs Content-Type: application/json.")
            if self.whole_list and is_array(data):
                fields = {**query, self.whole_list: read_array(data)}
            else:
                fields = {**query, **read_fields(data, kind, whole_body=self.whole_body)}
            try:
                return self.model.model_validate(fields)
            except ValidationError as error:
                found = error.errors(include_url=False, include_context=False, include_input=False)
                raise invalid_from(found) from error

        return await off_the_loop(body.work, read)


def body_of(
    model: type[Model], *, whole_body: str | None = None, whole_list: str | None = None
) -> BodyOf[Model]:
    """The dependency that reads a request as `model`; the OpenAPI document reads it, too.

    whole_body: the field that a body stands for which is no form and no JSON but an image.
    whole_list: the field that a JSON array stands for.
    """
    return BodyOf(model, whole_body=whole_body, whole_list=whole_list)


async def off_the_loop(size: int, read: Callable[[], T]) -> T:
    """What `read` makes of so many bytes; in a thread, unless that takes less than a moment."""
    if size <= _SMALL:
        return read()
    return await asyncio.get_running_loop().run_in_executor(_THREADS, read)


async def receive_body(
    request: Request, watch: Callable[[ReceivedBody], None] | None = None
) -> ReceivedBody:
    """The body as it comes, piece by piece, neither joined nor unpacked.

    watch: called with what is there after each piece; may raise. Raises UnsupportedEncoding,
    SourceRejected for too many bytes, Overloaded where there is no room for them.
    """
    layers = encodings_of(request.headers.get("content-encoding", ""))
    if len(layers) > 1 or not UNPACKED.issuperset(layers):
        raise UnsupportedEncoding(", ".join(layers)[:60])
    limit, room = context_of(request).options.max_body_bytes, state_of(request.scope).room
    body = ReceivedBody(limit=limit, packed=bool(layers))
    if room is not None and body.packed:
        room.grow_to(limit)  # What a few bytes unpack to is not known before.
    try:
        async for piece in request.stream():
            body.pieces.append(piece)
            body.size += len(piece)
            if watch is not None:
                watch(body)
    except ClientDisconnect as error:  # Nobody will read this; it is no error of ours.
        raise InvalidRequest("The connection ended before the body did.") from error
    return body


def read_fields(body: bytes, content_type: str, *, whole_body: str | None = None) -> dict[str, Any]:
    """Every field of a body by name; a part of a form is an `Upload`, a repeated field a list.

    What it is, its content says, and its type where the content leaves it open: an object is
    JSON whatever its type, as `curl -d` and some browsers' `fetch` send it as a form or plain
    text, and bytes that are neither are an image where one may be the whole body. An empty body
    has no fields. Raises InvalidRequest.
    """
    kind = _kind_of(content_type)
    if kind == MULTIPART:
        return _by_name(read_multipart(body, content_type))
    if not body or body.isspace():
        return {}
    if is_object(body) or (_is_json(kind) and _is_text(body)):
        charset_of(content_type)
        return read_object(body)
    if whole_body and (kind != FORM or not _is_text(body)):
        return {whole_body: Upload(data=body, media_type=content_type)}
    if kind == FORM:
        return _by_name(read_urlencoded(body, content_type))
    return read_object(body)


def _sent_unasked(content_type: str) -> bool:
    """Whether browsers send this type for any page without asking us first (Fetch, 2.2.2)."""
    return _kind_of(content_type) in ("", "text/plain", FORM, MULTIPART)


def _kind_of(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    return kind == "application/json" or kind.endswith("+json")


def _is_text(body: bytes) -> bool:
    """Whether it may be a form or JSON: every image file has other bytes at its start."""
    return all(9 <= byte <= 126 for byte in body[:64])


def _by_name(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, list[Any]] = {}
    for name, value in parts:
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def documented(model: type[BaseModel], *encodings: str) -> dict[str, Any]:
    """The OpenAPI request body of a route that reads `model` through `body_of`.

    encodings: what the vendor documents; `image/*` for the image itself as the whole body. A
    code generator that knows only one takes the first. `web.openapi` fills the schemas in.
    """
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    kinds = encodings or (MULTIPART, "application/json", FORM)
    return {
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    }
