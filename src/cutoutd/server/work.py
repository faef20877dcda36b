"""What a web process and a worker have in common: stores, model, dispatcher, deliveries, sweeper.

Each package owns its small configuration; here the settings become those values.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from cutoutd.errors import ConfigurationError
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher, Perform
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, Outcome
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.net.addresses import parse_allowed
from cutoutd.net.dial import guarded_client
from cutoutd.net.fetch import Fetcher
from cutoutd.net.limits import FetchLimits
from cutoutd.removal.capacity import MB, Capacity, plan, usable_memory
from cutoutd.removal.pipeline import ImagingLimits
from cutoutd.removal.pool import Inside, Isolated, OpenInside, Remover
from cutoutd.segmentation.cores import usable_cores
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.sessions import Sessions
from cutoutd.server.settings import Settings, model_options
from cutoutd.service.handler import Handler
from cutoutd.service.sweeper import Sweeper, forget_inputs
from cutoutd.storage import open_artifact_store
from cutoutd.storage.store import ArtifactStore, S3Options
from cutoutd.web.dialects import ALL
from cutoutd.web.links import Links


@dataclass(frozen=True, slots=True)
class Work:
    """Open, and not begun yet."""

    capacity: Capacity
    sessions: Sessions
    remover: Remover | None
    """None in a process that only accepts."""
    artifacts: ArtifactStore
    database: Database
    store: JobStore
    dispatcher: Dispatcher


def open_work(
    settings: Settings,
    opened: ExitStack,
    *,
    works_here: bool,
    fetch: Callable[[str], bytes] | None = None,
) -> Work:
    """Open what the settings describe; the workers wait until `start_work`.

    works_here: whether this process performs jobs, or only accepts them for others.
    fetch: obtains the bytes of a URL; None is the guarded download of the settings.
    """
    capacity = capacity_of(settings)
    sessions = Sessions(segmentation_options(settings, capacity))
    remover = _open_remover(settings, capacity, sessions, opened) if works_here else None
    artifacts = open_artifact_store(
        settings.storage_url, settings.data_dir, s3=_s3_options(settings)
    )
    database = open_database(settings.database_url, settings.data_dir)
    opened.callback(database.close)
    store = JobStore(
        database,
        render_webhook=lambda job: webhook_body(job, artifacts),
        max_crashes=settings.max_crashes,
    )
    store.watch(lambda job: forget_inputs(job, artifacts))
    perform: Perform = _perform_elsewhere
    if remover is not None:
        obtain = fetch or Fetcher(fetch_limits(settings)).fetch
        perform = Handler(store=store, artifacts=artifacts, fetch=obtain, remover=remover).perform
    # More than there are processes: some download while others compute.
    workers = (settings.workers or 2 * capacity.processes + 2) if works_here else 0
    dispatcher = _open_dispatcher(settings, database, store, perform, workers)
    return Work(capacity, sessions, remover, artifacts, database, store, dispatcher)


def _perform_elsewhere(job: Job) -> Outcome:
    raise AssertionError(f"job {job.id} reached a process without workers")


def start_work(settings: Settings, opened: ExitStack, work: Work) -> None:
    """Begin to work, to deliver and to sweep; `opened` learns how to stop."""
    deliverer = _open_deliverer(settings, work.database)
    work.store.watch(lambda _: deliverer.notify())
    deliverer.start()
    opened.callback(deliverer.stop)
    work.dispatcher.start()
    opened.callback(work.dispatcher.stop, settings.stop_timeout_s)
    sweeper = Sweeper(
        records=JobRecords(work.database),
        deliveries=DeliveryStore(work.database),
        artifacts=work.artifacts,
        limits=job_limits(settings),
    )
    sweeper.start()
    opened.callback(sweeper.stop)


def is_scaled(settings: Settings) -> bool:
    """Whether jobs are spread over processes: they are when PostgreSQL keeps them."""
    return settings.database_url.startswith("postgres")


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
    return replace(
        model_options(settings),
        slots=settings.slots or (1 if settings.isolate else capacity.processes),
        threads=capacity.threads,
    )


def imaging_limits(capacity: Capacity) -> ImagingLimits:
    """What one picture may cost."""
    return ImagingLimits(
        max_pixels=capacity.max_pixels,
        threads=capacity.threads,
        matting_bytes=capacity.matting_bytes,
    )


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
    """How much work is accepted, and how long it may take and stays."""
    return JobLimits(
        max_waiting=settings.max_waiting,
        time_limit_s=settings.job_timeout_s,
        max_crashes=settings.max_crashes,
        keep_s=int(settings.keep_hours * 3600),
        min_free_bytes=int(settings.min_free_mb * 1_000_000),
        stop_grace_s=settings.stop_timeout_s,
    )


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
    settings: Settings, database: Database, store: JobStore, perform: Perform, workers: int
) -> Dispatcher:
    time_limit_s = job_limits(settings).time_limit_s
    if not is_scaled(settings):
        lock_file = settings.data_dir / "lock"
        return EmbeddedDispatcher(
            store, perform, workers=workers, lock_file=lock_file, time_limit_s=time_limit_s
        )
    try:
        from cutoutd.jobs.procrastinate import ProcrastinateDispatcher
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "PostgreSQL needs its extra: pip install 'cutoutd[postgres]'."
        ) from exc
    return ProcrastinateDispatcher(
        database, store, perform, workers=workers, time_limit_s=time_limit_s
    )


def _s3_options(settings: Settings) -> S3Options:
    week_s = 7 * 86_400  # No store presigns a link for longer.
    return S3Options(
        endpoint=settings.storage_endpoint,
        region=settings.storage_region,
        public_url=settings.storage_public_url,
        link_s=min(week_s, job_limits(settings).keep_s),
    )
