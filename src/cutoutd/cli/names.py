"""The names of what is written: templates such as `{stem}-{preset}.{ext}`."""

from collections.abc import Mapping
from string import Formatter

import typer

FIELDS = ("stem", "name", "suffix", "ext", "kind", "preset", "index")
"""The source's name without and with its ending, its ending, the ending that is written, cutout or
mask, the preset, and the number of the image from 1."""


def is_template(output: str | None) -> bool:
    """Whether an output has fields to fill."""
    return output is not None and "{" in output


def check_template(template: str) -> None:
    """Raises typer.BadParameter for a field that nobody fills."""
    try:
        named = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise typer.BadParameter(f"not a template: {error}", param_hint="--output") from error
    for name in named:
        if name not in FIELDS:
            known = ", ".join(f"{{{one}}}" for one in FIELDS)
            raise typer.BadParameter(f"{{{name}}} is none of {known}", param_hint="--output")


def fill(template: str, values: Mapping[str, object]) -> str:
    """The name that a template stands for."""
    return template.format_map(values)
