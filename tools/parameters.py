"""docs/api/parameters.md: every parameter of every dialect, from the code that reads it."""

from typing import Any

from pydantic import AliasChoices, BaseModel

from cutoutd.web.dialects import ALL
from cutoutd.web.dialects.base import Dialect

HEAD = """\
# Every parameter of every API

This page is written by `make generate` from the code that reads the requests; a
test compares the two. Null and the empty string mean the default, unknown parameters are ignored.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(dialect) for dialect in ALL.values())


def section(dialect: Dialect) -> str:
    """One dialect: a table for each of its requests."""
    return f"\n## {dialect.name}\n" + "".join(table(schema) for schema in dialect.schemas)


def table(schema: type[BaseModel]) -> str:
    """One request's parameters."""
    described = schema.model_json_schema(mode="validation")
    properties, shared = described["properties"], described.get("$defs", {})
    about = (schema.__doc__ or "").strip().splitlines()[0]
    cells = [
        (names(schema, name), values(one, shared), default(described, name), told(one))
        for name, one in properties.items()
    ]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    head = "| parameter | values | default | what it does |\n|---|---|---|---|"
    return f"\n`{schema.__name__}`: {about}\n\n{head}\n" + "\n".join(rows) + "\n"


def names(schema: type[BaseModel], name: str) -> str:
    """The parameter and the other names it may come under."""
    for field in schema.model_fields.values():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices) and alias.choices[0] == name:
            return ", ".join(f"`{choice}`" for choice in alias.choices)
    return f"`{name}`"


def values(one: dict[str, Any], shared: dict[str, Any]) -> str:
    """What may stand there, in a few words."""
    chosen = next((part for part in one.get("anyOf", []) if part.get("type") != "null"), one)
    if "$ref" in chosen:
        return values(shared[chosen["$ref"].rsplit("/", 1)[-1]], shared)
    if "enum" in chosen:
        return ", ".join(f"`{word}`" for word in chosen["enum"])
    if chosen.get("type") == "array":
        return f"list of {values(chosen['items'], shared)}"
    kind = {"binary": "file or text", "uri": "URL"}.get(
        one.get("format", chosen.get("format", "")), chosen.get("type", "any")
    )
    low, high = chosen.get("minimum"), chosen.get("maximum")
    return f"{kind} {low} to {high}" if low is not None and high is not None else str(kind)


def default(described: dict[str, Any], name: str) -> str:
    """What is assumed without the parameter."""
    if name in described.get("required", []):
        return "required"
    given = described["properties"][name].get("default")
    if given is None or given in ("", []) or isinstance(given, dict):
        return ""
    words = given if isinstance(given, list) else [str(given).lower()]
    return f"`{', '.join(map(str, words))}`"


def told(one: dict[str, Any]) -> str:
    """What the code says about it."""
    return str(one.get("description", "")).replace("|", "\\|").replace("\n", " ")
