"""`cutoutd serve`."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from cutoutd.cli.server import TwoStageServer
    from cutoutd.server.settings import Settings
    from cutoutd.server.wiring import Server

_SWITCH_S = 0.001
"""How long a worker's thread may keep the interpreter from the thread that answers HTTP."""


def serve(
    *,
    host: str = typer.Option(None, help="Address to listen on [CUTOUTD_HOST, 127.0.0.1]."),
    port: int = typer.Option(None, help="Port to listen on [CUTOUTD_PORT, 8000]."),
    metrics_port: int = typer.Option(
        None, min=1, max=65535, help="Answer Prometheus on this port too, without a key. [no]"
    ),
) -> None:
    """Serve the APIs over HTTP and work on their jobs, until SIGINT or SIGTERM.

    The first signal finishes what runs, the second gives it back to the queue.
    """
    import gc
    import os
    from contextlib import closing

    os.umask(0o077)  # Whatever this process writes is for its user alone.
    gc.disable()  # What is imported stays; to look for garbage in it takes a sixth of the start.
    try:
        server, listener = _open(host, port)
    finally:
        gc.freeze()
        gc.enable()
    with closing(server):  # It is closed already, unless it never came to serving.
        if metrics_port is not None:
            server.context.metrics.serve(metrics_port)
        listener.run()
    if not listener.started:  # The reason is in the log: the port is taken, the store is locked, …
        raise typer.Exit(1)


def _open(host: str | None, port: int | None) -> "tuple[Server, TwoStageServer]":
    """Everything open, and who listens. Half of what is imported is, while the models load."""
    import sys
    from contextlib import ExitStack

    from cutoutd.cli.sockets import allow_files_for, check_free
    from cutoutd.segmentation.sessions import Sessions
    from cutoutd.server.config import config_of
    from cutoutd.server.misspelt import misspelt
    from cutoutd.server.processes import begin_processes
    from cutoutd.server.settings import load_settings

    for sentence in misspelt():
        typer.secho(f"cutoutd: {sentence}", err=True, fg="yellow")
    settings = load_settings(host=host, port=port)
    config = config_of(settings)
    clients = config.clients
    Sessions(config.models).check()  # In one sentence, before anything starts.
    check_free(settings.host, settings.port)
    with ExitStack() as begun:
        processes = begin_processes(config, works_here=not config.scaled)
        if processes is not None:  # They would wait for images for ever, and this process for them.
            begun.callback(processes.close)

        from cutoutd.cli.server import TwoStageServer
        from cutoutd.server.app import create_app
        from cutoutd.server.wiring import open_server

        if settings.first_key and not (clients.secrets or clients.file or clients.anonymous):
            _print_first_key()
        allow_files_for(settings.max_connections)
        server = open_server(config, processes=processes)
        begun.pop_all()  # The server closes them.
    sys.setswitchinterval(_SWITCH_S)
    return server, TwoStageServer(_listening(settings, create_app(config, server)), server)


def _print_first_key() -> None:
    """Make the key without which the server would not start, and show it this once."""
    from cutoutd.cli.keys import make_first_key

    key = make_first_key()
    if key is not None:
        typer.echo(f"There was no API key, so here is one. It is shown only now:\n\n  {key}\n")


def _listening(settings: "Settings", app: "FastAPI") -> "uvicorn.Config":
    """Where and how the HTTP server listens."""
    import uvicorn

    from cutoutd.cli.connections import ConnectionLimits
    from cutoutd.logs import logging_config

    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        # Anything that makes protocols will do, says the code, though not its annotation.
        http=ConnectionLimits(  # type: ignore[arg-type]
            body_s=settings.request_timeout_s, connections=settings.max_connections
        ),
        proxy_headers=False,  # Links decide themselves which proxies to believe.
        server_header=False,
        access_log=False,  # Our own line for each request knows more.
        log_config=logging_config(settings.log_format, settings.log_level),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=max(1, round(settings.stop_timeout_s)),
    )
