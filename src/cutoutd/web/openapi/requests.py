"""Request bodies: one schema for JSON, where an image is text, and one for forms with files."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cutoutd.web.bodies import FORM, MULTIPART, BodyOf
from cutoutd.web.openapi.schemas import (
    REF,
    Schema,
    as_json,
    holds_files,
    in_plain_words,
    mapped,
    without_null,
)

_IMAGE: Final = {"type": "string", "format": "binary"}
_WHOLE: Final = "image/*"


class Requests:
    """What routes read, as components that operations refer to."""

    def __init__(self, read: Iterable[type[BaseModel]]) -> None:
        models = list(dict.fromkeys(read))
        refs, made = models_json_schema(
            [(model, "validation") for model in models], ref_template=f"{REF}{{model}}"
        )
        self._names = {model: refs[model, "validation"]["$ref"][len(REF) :] for model in models}
        self.schemas: dict[str, Schema] = mapped(made.get("$defs", {}), in_plain_words)
        for name in self._names.values():
            form = mapped(self.schemas[name], without_null)
            if holds_files(form):
                self.schemas[_form(name)] = {key: form[key] for key in form if key != "title"}
            self.schemas[name] = as_json(form)

    def describe(self, operation: Schema, body: BodyOf[Any] | None) -> None:
        """Put into an operation what the route reads: its body, or its query if it has none."""
        content = operation.get("requestBody", {}).get("content")
        if content is None:
            if body is not None:
                query = self._query(self._names[body.model])
                operation.setdefault("parameters", []).extend(query)
            return
        stated = next(iter(content.values()))["schema"]["$ref"].removeprefix(REF)
        name = self._names[body.model] if body is not None else stated
        for kind in content:
            content[kind] = {"schema": self._schema(name, kind)}
        if body is not None and body.whole_list is not None:
            items = self.schemas[name]["properties"][body.whole_list]["items"]
            content["application/json"] = {"schema": {"type": "array", "items": items}}
        if _WHOLE in content:
            operation.setdefault("parameters", []).append(_beside(name))
        elif MULTIPART in content or FORM not in content:
            content.pop(FORM, None)

    def _schema(self, name: str, kind: str) -> Schema:
        if kind == _WHOLE:
            return _IMAGE
        files = kind == MULTIPART and _form(name) in self.schemas
        return {"$ref": f"{REF}{_form(name) if files else name}"}

    def _query(self, name: str) -> list[Schema]:
        schema = self.schemas[name]
        required = schema.get("required", ())
        return [
            {
                "name": field,
                "in": "query",
                "required": field in required,
                "description": shape.get("description", ""),
                "schema": {key: value for key, value in shape.items() if key != "description"},
            }
            for field, shape in schema["properties"].items()
        ]


def image_field(body: BodyOf[Any]) -> str | None:
    """What the vendor calls the image that a request brings; None for one that brings none."""
    images = getattr(body.model, "_images", {})
    named = next((name for name, is_image in images.items() if is_image), None)
    return named or next((name for name in body.model.model_fields if name == "url"), None)


def _beside(name: str) -> Schema:
    """The options beside a body that is an image: each a parameter of the query of its own."""
    return {
        "name": "options",
        "in": "query",
        "style": "form",
        "explode": True,
        "description": "Beside a body that is the image itself: the other fields, each by its name",
        "schema": {"$ref": f"{REF}{name}"},
    }


def _form(name: str) -> str:
    return f"{name.removesuffix('Request')}Form"
