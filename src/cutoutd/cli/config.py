"""`cutoutd config`."""

import json

import typer

from cutoutd.cli.tables import print_table


def config(*, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Print every setting with its value and where the value comes from."""
    from cutoutd.server.settings import load_settings, origins

    settings = load_settings()
    values = settings.model_dump(mode="json")
    sources = origins(settings)
    if as_json:
        rows = {name: {"value": values[name], "from": sources[name]} for name in values}
        typer.echo(json.dumps(rows, indent=2))
        return
    cells = (
        (f"CUTOUTD_{name.upper()}", _shown(value), sources[name]) for name, value in values.items()
    )
    print_table(("variable", "value", "from"), cells)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
