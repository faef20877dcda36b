"""JSON Schemas as tools read them: made by pydantic, and read off examples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

Schema: TypeAlias = dict[str, Any]

REF: Final = "#/components/schemas/"

_WORDS: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "multiple_of": "multipleOf",
}
"""Pydantic's words, where they slip into a schema, and those of JSON Schema."""
_FILE: Final = {"type": "string", "format": "binary"}
_INT32: Final = 2**31 - 1
_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}


def mapped(part: Any, change: Callable[[Schema], Schema]) -> Any:
    """A copy of a document with every object in it changed, from the inside out."""
    if isinstance(part, Mapping):
        return change({name: mapped(value, change) for name, value in part.items()})
    if isinstance(part, list):
        return [mapped(value, change) for value in part]
    return part


def in_plain_words(schema: Schema) -> Schema:
    """One object without pydantic's own words; two lower bounds at once become the closer one."""
    if schema.get("type") in ("number", "integer", "string"):
        schema = {_WORDS.get(name, name): value for name, value in schema.items()}
    if schema.get("type") == "integer" and schema.get("maximum", _INT32 + 1) > _INT32:
        schema = {"format": "int64", **schema}  # Where integers have 32 bits unless told otherwise.
    if schema.get("exclusiveMinimum") == schema.get("minimum", object()):
        del schema["minimum"]
    return schema


def without_null(schema: Schema) -> Schema:
    """A field that may be left out, where null says no more than leaving it out."""
    if schema.get("default", 0) is None:
        del schema["default"]
    options = schema.get("anyOf")
    if not isinstance(options, list) or {"type": "null"} not in options:
        return schema
    left = [one for one in options if one != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}


def as_json(schema: Schema) -> Schema:
    """The schema of JSON where this is that of a form: text for files, one or a list of them."""
    text: Schema = mapped(mapped(schema, _one_or_several), _as_text)
    return text


def _one_or_several(schema: Schema) -> Schema:
    if schema.get("items") != _FILE:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("type", "items", "default")}
    return {**rest, "anyOf": [_FILE, {"type": "array", "items": _FILE}]}


def _as_text(schema: Schema) -> Schema:
    if schema.get("format") != "binary":
        return schema
    return {name: value for name, value in schema.items() if name != "format"}


def holds_files(schema: Schema) -> bool:
    """Whether a form of this schema has files in it."""
    found = []

    def look(part: Schema) -> Schema:
        found.append(part.get("format") == "binary")
        return part

    mapped(schema, look)
    return any(found)


def short_names(names: Iterable[str]) -> dict[str, str]:
    """What to call models of one name in several dialects, where pydantic names their modules.

    `cutoutd__web__dialects__replicate__files__FileRequest` is `ReplicateFileRequest`.
    """
    parts = {name: name.split("__") for name in names if "__dialects__" in name}
    return {
        name: one[one.index("dialects") + 1].capitalize() + one[-1] for name, one in parts.items()
    }


def referred(part: Any, components: Mapping[str, Any]) -> set[str]:
    """The names of the schemas that a part of a document needs, directly or through others."""
    names: set[str] = set()
    left = [part]
    while left:
        for ref in _refs(left.pop()):
            kind, name = ref.split("/")[-2:]
            if name not in names:
                names.add(name)
                left.append(components[kind][name])
    return names


def _refs(part: Any) -> list[str]:
    found: list[str] = []

    def look(schema: Schema) -> Schema:
        if isinstance(schema.get("$ref"), str):
            found.append(schema["$ref"])
        return schema

    mapped(part, look)
    return found


def schema_of(values: Sequence[Any]) -> Schema:
    """The schema that examples of one thing have in common: all names, the shared ones required."""
    objects = [value for value in values if isinstance(value, dict)]
    if objects and len(objects) == len(values):
        names = list(dict.fromkeys(name for one in objects for name in one))
        return {
            "type": "object",
            "properties": {
                name: schema_of([one[name] for one in objects if name in one]) for name in names
            },
            "required": [name for name in names if all(name in one for one in objects)],
        }
    lists = [value for value in values if isinstance(value, list)]
    if lists and len(lists) == len(values):
        inner = [item for one in lists for item in one]
        return {"type": "array", "items": schema_of(inner) if inner else {}}
    kinds = {type(value): [one for one in values if type(one) is type(value)] for value in values}
    if len(kinds) > 1:
        return {"anyOf": [schema_of(alike) for alike in kinds.values()]}
    return {"type": _TYPES.get(next(iter(kinds)), "null")}
