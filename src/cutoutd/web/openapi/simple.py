"""The document for code generators that read one encoding of a body and one kind of an answer."""

from typing import Any

from cutoutd.web.openapi.schemas import Schema, mapped, referred


def simplified(document: Schema) -> Schema:
    """With the first encoding of each body, the first media type of each answer, and no more."""
    simple: Schema = mapped(document, _first_only)
    for operations in simple["paths"].values():
        for operation in operations.values():
            _drop_options(operation)
    needed = referred(simple["paths"], simple["components"])
    schemas = simple["components"]["schemas"]
    simple["components"]["schemas"] = {name: schemas[name] for name in schemas if name in needed}
    return simple


def _first_only(part: Schema) -> Schema:
    content = part.get("content")
    if not isinstance(content, dict) or not all("/" in kind for kind in content):
        return part
    return {**part, "content": dict(list(content.items())[:1])}


def _drop_options(operation: dict[str, Any]) -> None:
    """Of the query beside a body that is the image itself, where the body is a form."""
    if "parameters" in operation:
        left = [one for one in operation["parameters"] if one["name"] != "options"]
        operation["parameters"] = left
