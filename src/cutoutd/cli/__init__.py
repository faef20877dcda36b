"""The command line. Commands import what they need when they run, so that `--help` is quick.

Exit codes: 0 all went well, 1 something failed (each failure is printed), 2 the command line or
the configuration is wrong, 130 interrupted.
"""

from collections.abc import Sequence

import typer

from cutoutd.cli import (
    backup,
    bench,
    config,
    doctor,
    jobs,
    keys,
    mcp,
    models,
    openapi,
    remove,
    serve,
    worker,
)
from cutoutd.cli.options import OptionsCommand

app = typer.Typer(
    name="cutoutd",
    help="Remove the background of images: on this machine, and for the APIs you already call.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Which would take half of the time of `--help`.
)
app.command()(serve.serve)
app.command()(worker.worker)
app.command(cls=OptionsCommand)(remove.remove)
for command in (
    backup.backup,
    backup.restore,
    doctor.doctor,
    bench.bench,
    config.config,
    openapi.openapi,
    mcp.mcp,
):
    app.command()(command)
app.add_typer(keys.app, name="keys")
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")


@app.callback(invoke_without_command=True)
def version(
    *, version: bool = typer.Option(False, "--version", help="Show the version and exit.")
) -> None:
    """Print the version if asked."""
    if version:
        from cutoutd import __version__

        typer.echo(f"cutoutd {__version__}")
        raise typer.Exit


def run(words: Sequence[str] | None = None) -> int:
    """Run the command line on these words, or on `sys.argv`; the exit code, where it has one.

    Expected errors become one sentence on stderr. Raises SystemExit when a command leaves early.
    """
    from cutoutd.errors import ConfigurationError, CutoutError, InvalidRequest

    try:
        app(words, prog_name="cutoutd")
    except ConfigurationError as error:
        typer.secho(f"cutoutd: {error.message}", err=True, fg="red")
        return 2
    except InvalidRequest as error:
        typer.secho(f"cutoutd: {error.message}", err=True, fg="red")
        return 2
    except (CutoutError, OSError) as error:
        message = error.message if isinstance(error, CutoutError) else _reason(error)
        typer.secho(f"cutoutd: {message}", err=True, fg="red")
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cutoutd":
            raise
        typer.secho(
            f"cutoutd: {error.name} is not installed, which the server and its commands need: "
            "pip install 'cutoutd[server]'.",
            err=True,
            fg="red",
        )
        return 2
    return 0


def _reason(error: OSError) -> str:
    """A file's name as it was given, and what is wrong with it."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
