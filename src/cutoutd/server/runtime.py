"""The composition root: opens what the settings describe, and closes it in reverse order."""

import ipaddress
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from cutoutd.clients.clients import Clients
from cutoutd.clients.keys import KeySource, KeyStore, keys_from_file, keys_from_secrets
from cutoutd.clients.quotas import ClientLimits
from cutoutd.errors import ConfigurationError
from cutoutd.jobs.census import take_census
from cutoutd.jobs.database import Database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.model import now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.removal.capacity import Capacity, usable_memory
from cutoutd.server.settings import Settings
from cutoutd.server.tracing import Tracing, open_tracing
from cutoutd.server.work import (
    Work,
    is_scaled,
    job_limits,
    open_work,
    start_work,
)
from cutoutd.service.service import Service
from cutoutd.web.context import Context
from cutoutd.web.links import LinkPolicy
from cutoutd.web.metrics import Metrics, Readings
from cutoutd.web.readiness import Readiness

TEMP_KEEP_S = 24 * 3600
"""ModelsLab's `temp`: links valid for a day."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An open web process: the context of its routes, and how to close all that stands behind."""

    context: Context
    _opened: ExitStack

    def close(self) -> None:
        """Finish or give back what runs, then let go of everything, the last opened first."""
        self._opened.close()

    def hurry(self) -> None:
        """Nobody has time: answer those who wait now, and give back what still runs."""
        self.context.service.release()
        self.context.dispatcher.hurry()


@dataclass(frozen=True, slots=True)
class Worker:
    """An open process that works on the jobs that other processes accept."""

    _dispatcher: Dispatcher
    _opened: ExitStack

    def close(self) -> None:
        """Finish or give back what runs, then let go of everything."""
        self._opened.close()

    def hurry(self) -> None:
        """Give back what still runs, without waiting for it."""
        self._dispatcher.hurry()


def open_runtime(
    settings: Settings,
    metrics: Metrics,
    *,
    fetch: Callable[[str], bytes] | None = None,
    tracing: Tracing | None = None,
) -> Runtime:
    """Open the stores, load the model and start the workers.

    fetch: obtains the bytes of a URL; None is the guarded download of the settings. tracing: makes
    spans of jobs, and is closed with the rest.
    With PostgreSQL there are no workers here: `cutoutd worker` has them. Raises
    ConfigurationError for what cannot be opened; what was open by then is closed.
    """
    with ExitStack() as opened:
        _close_with(opened, tracing)
        works_here = not is_scaled(settings)
        work = open_work(settings, opened, works_here=works_here, fetch=fetch)
        clients = _open_clients(settings, work.database)
        _watch(work, metrics, tracing)
        admission = _client_limits(settings, clients)
        service = Service(
            store=work.store,
            artifacts=work.artifacts,
            dispatcher=work.dispatcher,
            estimator=Estimator(work.database, slots=work.dispatcher.slots),
            limits=job_limits(settings),
            admission=admission,
            carried=tracing.carried if tracing else dict,
        )
        opened.callback(service.close)
        start_work(settings, opened, work)
        clients.start()
        opened.callback(clients.close)
        readiness = _readiness(settings, work)
        metrics.read(_readings(readiness, work.dispatcher))
        context = Context(
            service=service,
            artifacts=work.artifacts,
            clients=clients,
            quotas=admission.quotas,
            sessions=work.sessions,
            records=JobRecords(work.database),
            census=readiness.census,
            deliveries=DeliveryStore(work.database),
            dispatcher=work.dispatcher,
            readiness=readiness,
            metrics=metrics,
            **_web_policy(settings, work.capacity),
        )
        return Runtime(context, opened.pop_all())
    raise AssertionError  # An ExitStack swallows nothing.


def open_worker(settings: Settings, metrics: Metrics) -> Worker:
    """Open the stores, load the model and work on the jobs that web processes accept.

    Raises ConfigurationError without PostgreSQL, where `serve` does the work itself.
    """
    if not is_scaled(settings):
        raise ConfigurationError(
            "cutoutd worker needs CUTOUTD_DATABASE_URL=postgresql://…; "
            "with SQLite, cutoutd serve does the work itself."
        )
    with ExitStack() as opened:
        tracing = open_tracing(wanted=settings.tracing)
        _close_with(opened, tracing)
        work = open_work(settings, opened, works_here=True)
        _watch(work, metrics, tracing)
        metrics.read(_readings(_readiness(settings, work), work.dispatcher))
        start_work(settings, opened, work)
        return Worker(work.dispatcher, opened.pop_all())
    raise AssertionError  # An ExitStack swallows nothing.


def _close_with(opened: ExitStack, tracing: Tracing | None) -> None:
    if tracing is not None:
        opened.callback(tracing.close)


def _watch(work: Work, metrics: Metrics, tracing: Tracing | None) -> None:
    """Count, and trace if so chosen, every job that ends in this process."""
    work.store.watch(metrics.observe_job)
    if tracing is not None:
        work.store.watch(tracing.observe_job)


def _open_clients(settings: Settings, database: Database) -> Clients:
    """Raises ConfigurationError if strangers could reach a server that asks for no key."""
    keys = keys_from_secrets([key.get_secret_value() for key in settings.api_keys])
    sources: list[KeySource] = [lambda: keys, KeyStore(database, now_ms=now_ms).all]
    if settings.api_keys_file is not None:
        sources.append(partial(keys_from_file, settings.api_keys_file))
    # A file of keys asks for keys, whatever it holds; so does a key in it or in the database.
    anonymous = settings.api_keys_file is None
    clients = Clients(sources, now_ms=now_ms, anonymous=anonymous)
    if clients.open and not (settings.allow_anonymous or _is_loopback(settings.host)):
        raise ConfigurationError(
            f"CUTOUTD_HOST is {settings.host} and there is no API key, so that anybody could use "
            "this server. Make one with `cutoutd keys create NAME`, or say "
            "CUTOUTD_ALLOW_ANONYMOUS=true"
        )
    return clients


def _client_limits(settings: Settings, clients: Clients) -> ClientLimits:
    return ClientLimits(
        clients,
        per_minute=settings.jobs_per_minute or None,
        unfinished=settings.jobs_unfinished or None,
        url=settings.limits_url,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _readiness(settings: Settings, work: Work) -> Readiness:
    limits = job_limits(settings)
    return Readiness(
        census=lambda: take_census(work.database),
        models=work.remover.models if work.remover else None,
        free_bytes=work.artifacts.free_bytes,
        waiting_limit=limits.max_waiting,
        min_free_bytes=limits.min_free_bytes,
    )


def _readings(readiness: Readiness, dispatcher: Dispatcher) -> Readings:
    return Readings(
        census=readiness.census,
        free_bytes=readiness.free_bytes,
        ready=readiness.ready,
        waiting_limit=readiness.waiting_limit,
        slots=dispatcher.slots(),
        memory_limit_bytes=usable_memory(),
        models=lambda: [
            (one.name, one.provider, one.licence)
            for one in ([] if readiness.models is None else readiness.models())
        ],
    )


def _web_policy(settings: Settings, capacity: Capacity) -> dict[str, Any]:
    """The part of the web side's context that is plain values."""
    proxies = tuple(map(ipaddress.ip_network, settings.trusted_proxies))
    return {
        "link_policy": LinkPolicy(settings.public_url, proxies),
        "sync_wait_s": settings.sync_wait_s,
        "max_body_bytes": settings.max_body_bytes,
        "max_source_bytes": settings.max_source_bytes,
        "max_pixels": capacity.max_pixels,
        "max_images": settings.max_images,
        "modelslab_status_codes": settings.modelslab_status_codes,
        "default_keep_s": job_limits(settings).keep_s,
        "temp_keep_s": TEMP_KEEP_S,
        "metrics_open": settings.metrics_open,
    }
