"""The composition root: opens what the settings describe, and closes it in reverse order."""

import ipaddress
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from cutoutd.capacity import MB, Capacity, plan, usable_memory
from cutoutd.handler import Handler
from cutoutd.isolation import Inside, Isolated, OpenInside, Remover
from cutoutd.jobs.census import take_census
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.net.addresses import parse_allowed
from cutoutd.net.dial import guarded_client
from cutoutd.net.fetch import Fetcher
from cutoutd.net.limits import FetchLimits
from cutoutd.pipeline import ImagingLimits
from cutoutd.segmentation.cores import memory_limit_bytes, usable_cores
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.sessions import Sessions
from cutoutd.service import Service
from cutoutd.settings import Settings
from cutoutd.storage.store import ArtifactStore, open_artifact_store
from cutoutd.sweeper import forget_inputs
from cutoutd.web.auth import Clients
from cutoutd.web.context import Context
from cutoutd.web.dialects import ALL
from cutoutd.web.keys import KeyStore, keys_from_secrets
from cutoutd.web.links import LinkPolicy, Links
from cutoutd.web.metrics import Metrics, Readings
from cutoutd.web.readiness import Readiness

TEMP_KEEP_S = 24 * 3600
"""ModelsLab's `temp`: links valid for a day."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An open process: the web side's context, and how to close all that stands behind it."""

    context: Context
    _opened: ExitStack

    def close(self) -> None:
        """Finish or give back what runs, then let go of everything, the last opened first."""
        self._opened.close()


def open_runtime(
    settings: Settings, metrics: Metrics, *, fetch: Callable[[str], bytes] | None = None
) -> Runtime:
    """Open the stores, load the model and start the workers.

    fetch: obtains the bytes of a URL; None is the guarded download of the settings.
    Raises ConfigurationError for what cannot be opened; what was open by then is closed.
    """
    with ExitStack() as opened:
        capacity = capacity_of(settings)
        sessions = Sessions(segmentation_options(settings, capacity))
        remover = _open_remover(settings, capacity, sessions, opened)
        artifacts = open_artifact_store(settings.storage_url, settings.data_dir)
        database = open_database(settings.database_url, settings.data_dir)
        opened.callback(database.close)
        store = JobStore(database, render_webhook=lambda job: webhook_body(job, artifacts))
        store.watch(metrics.observe_job)
        store.watch(lambda job: forget_inputs(job, artifacts))
        deliverer = _open_deliverer(settings, database)
        store.watch(lambda _: deliverer.notify())
        obtain = fetch or Fetcher(fetch_limits(settings)).fetch
        handler = Handler(store=store, artifacts=artifacts, fetch=obtain, remover=remover)
        dispatcher = _open_dispatcher(settings, capacity, store, handler)
        service = Service(
            store=store,
            artifacts=artifacts,
            dispatcher=dispatcher,
            estimator=Estimator(database, slots=dispatcher.slots),
            limits=job_limits(settings),
        )
        opened.callback(service.close)
        deliverer.start()
        opened.callback(deliverer.stop)
        dispatcher.start()
        opened.callback(dispatcher.stop, settings.stop_timeout_s)
        clients = _open_clients(settings, database)
        clients.start()
        opened.callback(clients.close)
        readiness = _readiness(settings, database, remover, artifacts)
        metrics.read(_readings(readiness, dispatcher))
        context = Context(
            service=service,
            artifacts=artifacts,
            clients=clients,
            sessions=sessions,
            records=JobRecords(database),
            census=readiness.census,
            deliveries=DeliveryStore(database),
            dispatcher=dispatcher,
            readiness=readiness,
            metrics=metrics,
            **_web_policy(settings, capacity),
        )
        return Runtime(context, opened.pop_all())
    raise AssertionError  # An ExitStack swallows nothing.


def webhook_body(job: Job, artifacts: ArtifactStore) -> bytes:
    """The body of a final job's webhook, in the words of the dialect that submitted it."""
    render = ALL[job.dialect].render_webhook
    assert render is not None  # Only a dialect that has webhooks submits a callback.
    return render(job, Links(job.link_base, artifacts))


def capacity_of(settings: Settings) -> Capacity:
    """What runs side by side, within the memory and the cores that are ours."""
    return plan(
        memory_bytes=settings.memory_mb * MB or usable_memory(),
        cores=settings.threads or usable_cores(),
        max_pixels=int(settings.max_megapixels * 1_000_000),
        max_body_bytes=settings.max_body_bytes,
    )


def segmentation_options(settings: Settings, capacity: Capacity) -> SegmentationOptions:
    """Which model answers, and how much of a picture process it may use."""
    return SegmentationOptions(
        default=settings.model,
        slots=1 if settings.isolate else capacity.processes,
        threads=capacity.threads,
    )


def imaging_limits(capacity: Capacity) -> ImagingLimits:
    """What one picture may cost."""
    return ImagingLimits(max_pixels=capacity.max_pixels, threads=capacity.threads)


def fetch_limits(settings: Settings) -> FetchLimits:
    """What the download of a source may reach and take."""
    networks, hosts = parse_allowed(settings.fetch_allow)
    return FetchLimits(
        max_bytes=settings.max_source_bytes,
        first_byte_s=min(15.0, settings.fetch_timeout_s),
        total_s=settings.fetch_timeout_s,
        allow_networks=networks,
        allow_hosts=hosts,
    )


def job_limits(settings: Settings) -> JobLimits:
    """How much work is accepted, and how long it stays."""
    return JobLimits(keep_s=int(settings.keep_hours * 3600), stop_grace_s=settings.stop_timeout_s)


def _open_remover(
    settings: Settings, capacity: Capacity, sessions: Sessions, opened: ExitStack
) -> Remover:
    """Warm and ready: in processes of its own, unless the operator wants it in this one."""
    limits = imaging_limits(capacity)
    if not settings.isolate:
        sessions.warm()
        return Inside(sessions=sessions, limits=limits)
    remover = Isolated(
        OpenInside(options=sessions.options, limits=limits),
        processes=capacity.processes,
        time_limit_s=job_limits(settings).time_limit_s,
        memory_bytes=capacity.process_bytes,
    )
    opened.callback(remover.close)
    remover.start()
    return remover


def _open_deliverer(settings: Settings, database: Database) -> Deliverer:
    networks, hosts = parse_allowed(settings.fetch_allow)
    limits = FetchLimits(max_bytes=64_000, allow_networks=networks, allow_hosts=hosts)
    return Deliverer(
        DeliveryStore(database),
        lambda: guarded_client(limits),
        policy=WebhookPolicy(),
        secrets=lambda: [secret.get_secret_value() for secret in settings.webhook_secrets],
    )


def _open_dispatcher(
    settings: Settings, capacity: Capacity, store: JobStore, handler: Handler
) -> EmbeddedDispatcher:
    return EmbeddedDispatcher(
        store,
        handler.perform,
        # More than there are processes: some download while others compute.
        workers=settings.workers or 2 * capacity.processes + 2,
        lock_file=settings.data_dir / "lock",
        time_limit_s=job_limits(settings).time_limit_s,
    )


def _open_clients(settings: Settings, database: Database) -> Clients:
    keys = keys_from_secrets([key.get_secret_value() for key in settings.api_keys])
    return Clients([lambda: keys, KeyStore(database, now_ms=now_ms).all], now_ms=now_ms)


def _readiness(
    settings: Settings, database: Database, remover: Remover, artifacts: ArtifactStore
) -> Readiness:
    limits = job_limits(settings)
    return Readiness(
        census=lambda: take_census(database),
        models=remover.models,
        free_bytes=artifacts.free_bytes,
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
        memory_limit_bytes=memory_limit_bytes(),
        models=lambda: [(one.name, one.provider, one.licence) for one in readiness.models()],
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
