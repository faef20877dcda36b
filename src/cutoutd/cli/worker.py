"""`cutoutd worker`."""

import signal
import threading
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cutoutd.server.wiring import Worker


def worker(
    *,
    metrics_port: int = typer.Option(
        None, "--metrics-port", min=1, max=65535, help="Answer Prometheus on this port. [no]"
    ),
) -> None:
    """Work on the jobs that `cutoutd serve` accepts, until SIGINT or SIGTERM.

    Run as many as there are machines; they need the same CUTOUTD_DATABASE_URL and
    CUTOUTD_STORAGE_URL. The first signal finishes what runs, the second gives it back.
    """
    import logging
    import logging.config
    import os

    from cutoutd.logs import logging_config
    from cutoutd.server.config import config_of
    from cutoutd.server.misspelt import misspelt
    from cutoutd.server.settings import load_settings
    from cutoutd.server.wiring import open_worker

    os.umask(0o077)  # Whatever this process writes is for its user alone.
    for sentence in misspelt():
        typer.secho(f"cutoutd: {sentence}", err=True, fg="yellow")
    settings = load_settings()
    logging.config.dictConfig(logging_config(settings.log_format, settings.log_level))
    log = logging.getLogger("cutoutd.worker")
    asked, again = _count_signals()
    opened = open_worker(config_of(settings))
    if metrics_port is not None:
        opened.metrics.serve(metrics_port)
    log.info("working")
    asked.wait()
    log.info("stopping; a second signal makes it quicker")
    _close(opened, again)


def _count_signals() -> tuple[threading.Event, threading.Event]:
    """Events that the first and the second SIGINT or SIGTERM set."""
    first, second = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        (second if first.is_set() else first).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return first, second


def _close(opened: "Worker", stop_now: threading.Event) -> None:
    """Finish what runs, or give it back as soon as the event is set."""
    closing = threading.Thread(target=opened.close)
    closing.start()
    while closing.is_alive() and not stop_now.wait(0.1):
        pass
    if stop_now.is_set():
        opened.stop_now()
    closing.join()
