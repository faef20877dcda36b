"""`cutoutd openapi`."""

from typing import Any

import typer


def openapi() -> None:
    """Print the OpenAPI description of everything this server answers, as YAML."""
    from cutoutd.server import app

    typer.echo(as_yaml(app.openapi()), nl=False)


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
