"""`cutoutd openapi`."""

from typing import Any

import typer


def openapi(
    *,
    dialect: list[str] = typer.Option([], help="Only this one; may be given several times."),
    simple: bool = typer.Option(
        False, "--simple", help="One encoding for each body and answer, for code generators."
    ),
) -> None:
    """Print the OpenAPI description of everything this server answers, as YAML."""
    from cutoutd.server import app
    from cutoutd.web.openapi.simple import simplified

    document = app.openapi(tuple(dialect))
    typer.echo(as_yaml(simplified(document) if simple else document), nl=False)


def as_yaml(description: dict[str, Any]) -> str:
    """YAML with long texts as blocks, so that a change shows as the line it is."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(description, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
