"""`cutoutd worker`."""

import typer


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
    import signal
    import threading

    from cutoutd.logs import logging_config
    from cutoutd.runtime import open_worker
    from cutoutd.settings import load_settings
    from cutoutd.web.metrics import Metrics

    settings = load_settings()
    logging.config.dictConfig(logging_config(settings.log_format, settings.log_level))
    log = logging.getLogger("cutoutd.worker")
    metrics = Metrics()
    opened = open_worker(settings, metrics)
    if metrics_port is not None:
        metrics.serve(metrics_port)
    asked = threading.Event()

    def stop(*_: object) -> None:
        if asked.is_set():
            # In a thread, because the main one may hold what this takes.
            threading.Thread(target=opened.hurry, daemon=True).start()
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    log.info("working")
    asked.wait()
    log.info("stopping; a second signal makes it quicker")
    opened.close()
