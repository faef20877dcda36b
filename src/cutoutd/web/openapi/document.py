"""The whole document: FastAPI's, with what routes and dialects say beside their signatures."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from cutoutd.web.dialects import dialect_of
from cutoutd.web.dialects.base import Dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.openapi.answers import BINARY, USUAL
from cutoutd.web.openapi.examples import add_examples
from cutoutd.web.openapi.refusals import Refusals
from cutoutd.web.openapi.requests import Requests
from cutoutd.web.openapi.routes import METHODS, needs_of
from cutoutd.web.openapi.schemas import REF, Schema, in_plain_words, mapped, referred, short_names
from cutoutd.web.openapi.security import API_KEY, BEARER, SCHEMES

_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
"""What FastAPI believes that a bad request is answered with."""


def describe(app: FastAPI, dialects: tuple[Dialect, ...]) -> Schema:
    """The document of an application whose context has at least its options.

    FastAPI writes paths, parameters and answers. Bodies and keys are read from the routes'
    dependencies, and the error answers are those that each dialect really gives.
    """
    document: Schema = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        servers=[{"url": "/", "description": "This server"}],
        routes=app.routes,
    )
    routes = list(_documented(app))
    stated = [model for dialect in dialects for model in dialect.schemas]
    read = [needs.body.model for _, needs in routes if needs.body is not None]
    requests, refusals = Requests([*stated, *read]), Refusals(app)
    for route, needs in routes:
        dialect = dialect_of(route.path_format, dialects)
        name, render = (
            (dialect.name, dialect.render_error) if dialect else ("server", render_problem)
        )
        for method in sorted(route.methods & set(METHODS)):
            operation = document["paths"][route.path_format][method.lower()]
            operation["tags"] = list(dict.fromkeys(operation.get("tags", ())))
            requests.describe(operation, needs.body)
            _describe_success(operation)
            add_examples(operation)
            operation["responses"].pop("422", None)
            operation["responses"].update(refusals.of(name, render, needs, method))
            keys = dialect.security if dialect else (BEARER, API_KEY)
            operation["security"] = [{key: []} for key in keys] if needs.key else []
    return _with_components(document, requests, refusals, dialects)


def _documented(app: FastAPI) -> Iterator[tuple[Any, Any]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            yield route, needs_of(route.dependant)


def _describe_success(operation: Schema) -> None:
    """Images come first, because many tools look at the first answer only."""
    for status, response in operation["responses"].items():
        if status.startswith("3"):
            response.pop("content", None)
            response["description"] = "Elsewhere."
        elif status.startswith("2") and status != "204":
            content = response.get("content") or {kind: {"schema": BINARY} for kind in USUAL}
            response["content"] = dict(sorted(content.items(), key=_image_first))
            response["description"] = response["description"].replace(
                "Successful Response", "Done."
            )


def _image_first(item: tuple[str, Any]) -> bool:
    return not item[0].startswith("image/")


def _with_components(
    document: Schema, requests: Requests, refusals: Refusals, dialects: tuple[Dialect, ...]
) -> Schema:
    components = document.setdefault("components", {})
    schemas = {**components.get("schemas", {}), **requests.schemas, **refusals.schemas()}
    schemas = {name: one for name, one in schemas.items() if name not in _FASTAPIS_OWN}
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = dict(sorted(refusals.responses.items()))
    used = {BEARER, API_KEY, *(key for one in dialects for key in one.security)}
    components["securitySchemes"] = {key: dict(SCHEMES[key]) for key in SCHEMES if key in used}
    document["tags"] = _tags(document, dialects)
    plain: Schema = mapped(mapped(document, in_plain_words), _streams_as_text)
    return _with_needed_schemas(plain)


def _with_needed_schemas(document: Schema) -> Schema:
    """Without the schemas that no operation needs, and with short names for the others."""
    components = document["components"]
    needed = referred(document["paths"], components)
    short = short_names(needed)
    refs = {f"{REF}{name}": f"{REF}{new}" for name, new in short.items()}
    schemas = {
        short.get(name, name): components["schemas"][name]
        for name in needed
        if name in components["schemas"]
    }
    components["schemas"] = dict(sorted(schemas.items()))

    def renamed(part: Schema) -> Schema:
        ref = part.get("$ref")
        return {**part, "$ref": refs[ref]} if isinstance(ref, str) and ref in refs else part

    whole: Schema = mapped(document, renamed)
    return whole


def _tags(document: Schema, dialects: tuple[Dialect, ...]) -> list[Schema]:
    """Each group of operations with the first paragraph of its module's docstring."""
    texts = {
        "Health": "Whether the server lives, and what it is doing.",
        "Operate": "Jobs and webhooks of all clients, for keys that may operate.",
        "Files": "Finished images, at unguessable addresses.",
    }
    for dialect in dialects:
        module = sys.modules[f"cutoutd.web.dialects.{dialect.name}"]
        about = (module.__doc__ or "").strip().replace("\n", " ")
        texts.update({str(tag): about for tag in dialect.router.tags})
    used = {
        tag for path in document["paths"].values() for one in path.values() for tag in one["tags"]
    }
    return [{"name": tag, "description": text} for tag, text in texts.items() if tag in used]


def _streams_as_text(schema: Schema) -> Schema:
    """OpenAPI 3.1, which most tools read, has no words yet for the events of a stream."""
    if "itemSchema" not in schema:
        return schema
    rest = {name: value for name, value in schema.items() if name != "itemSchema"}
    return {**rest, "schema": {"type": "string"}}
