"""src/cutoutd/api/keywords.py: the options of the library, typed, from the table of options."""

import subprocess
import sys
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from cutoutd.options.fields import Takes
from cutoutd.options.table import RemovalOptions

TARGET = "src/cutoutd/api/keywords.py"
HEAD = '''\
"""The options of the library, typed. Written by `make generate` from `cutoutd.options`."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from cutoutd.api.images import ImageLike


class StrokeLike(TypedDict):
    """A line of a round brush."""

    points: Sequence[Sequence[float]]
    """x and y, as shares 0..1 of the image's width and height (or in px)."""
    radius: float
    """Share of the longer side (or px)."""
    keep: NotRequired[bool]
    """False: background."""
    unit: NotRequired[Literal["share", "px"]]


class RemovalKeywords(TypedDict, total=False):
    """Every option of a removal."""
'''


def module() -> str:
    """The whole module."""
    lines = [HEAD]
    for name, field in RemovalOptions.model_fields.items():
        about = field.description or ""
        lines.append(f"    {name}: {kind(field)}\n")
        lines.append(docstring(about))
        lines += [
            f"    {other}: {kind(field)}\n" + docstring(f"The same as {name}")
            for other in other_names(field)
        ]
    return formatted("\n".join(("".join(lines[:1]), "".join(lines[1:]))))


def formatted(source: str) -> str:
    """As `make fix` would leave it."""
    ruff = [str(Path(sys.executable).with_name("ruff")), "format", "-", "--stdin-filename", TARGET]
    return subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout


def other_names(field: FieldInfo) -> list[str]:
    """The further names that an option goes by."""
    alias = field.validation_alias
    return [str(one) for one in alias.choices[1:]] if isinstance(alias, AliasChoices) else []


def docstring(text: str) -> str:
    """Below a field, in lines of at most 100 characters."""
    if len(text) <= 100 - 10 - 1:
        return f'    """{text}."""\n'
    words, lines = f'"""{text}.'.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 94:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return "".join(f"    {line}\n" for line in lines) + '    """\n'


def kind(field: FieldInfo) -> str:
    """What a program may give."""
    taken = [one.python for one in field.metadata if isinstance(one, Takes)]
    shown = taken[0] if taken else written(field.annotation)
    return shown if "None" in shown.split(" | ") or field.default is not None else f"{shown} | None"


def written(annotation: Any) -> str:
    """A type as source text."""
    origin = get_origin(annotation)
    if origin is Annotated:
        taken = [one.python for one in get_args(annotation) if isinstance(one, Takes)]
        return taken[0] if taken else written(get_args(annotation)[0])
    if origin in (Union, UnionType):
        parts = dict.fromkeys(
            written(part) for part in get_args(annotation) if part is not NoneType
        )
        return " | ".join(parts)
    if origin is Literal:
        return f"Literal[{', '.join(repr_of(one) for one in get_args(annotation))}]"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"Literal[{', '.join(repr_of(one.value) for one in annotation)}]"
    return str(getattr(annotation, "__name__", annotation))


def repr_of(value: object) -> str:
    """In double quotes, as the formatter has it."""
    return f'"{value}"'
