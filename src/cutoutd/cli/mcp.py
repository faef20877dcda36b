"""`cutoutd mcp`."""

from pathlib import Path

import typer


def mcp(
    *,
    root: list[Path] = typer.Option(
        help="A folder to read images from and write them to; may be given several times."
    ),
    http: bool = typer.Option(False, "--http", help="Streamable HTTP on 127.0.0.1, at /mcp."),
    port: int = typer.Option(8001, min=1, max=65535, help="The port of --http."),
) -> None:
    """Offer background removal to assistants over MCP: stdin and stdout, or HTTP."""
    from contextlib import closing
    from importlib.util import find_spec

    from cutoutd.errors import ConfigurationError

    if find_spec("mcp") is None:
        raise ConfigurationError("This needs the extra mcp: pip install 'cutoutd[mcp]'.")

    from cutoutd.api import Remover
    from cutoutd.mcp.jobs import Jobs
    from cutoutd.mcp.removal import Removal
    from cutoutd.mcp.roots import Roots
    from cutoutd.mcp.server import server_of
    from cutoutd.mcp.sources import Sources
    from cutoutd.net.fetch import Fetcher
    from cutoutd.segmentation.sessions import Sessions
    from cutoutd.server.config import config_of, model_options
    from cutoutd.server.settings import load_settings

    settings = load_settings()
    models, config = model_options(settings), config_of(settings)
    Sessions(models).check()
    sources = Sources(
        roots=Roots(root), fetcher=Fetcher(config.sources), max_bytes=settings.max_source_bytes
    )
    remover = Remover(models=models, limits=config.imaging)
    with closing(Jobs()) as jobs, remover:
        server = server_of(Removal(sources, remover), jobs, Sessions(models))
        if http:
            limit = settings.max_body_bytes
            server.run("streamable-http", port=port, max_request_body_size=limit)
        else:
            server.run("stdio")
