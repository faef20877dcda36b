"""`cutoutd openapi`."""

import typer


def openapi() -> None:
    """Print the OpenAPI description of everything this server answers, as YAML."""
    import yaml

    from cutoutd.app import create_app
    from cutoutd.settings import Settings

    description = create_app(Settings()).openapi()
    typer.echo(
        yaml.safe_dump(description, sort_keys=False, allow_unicode=True, width=100), nl=False
    )
