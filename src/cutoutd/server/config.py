"""Settings become values, here and once: the options of the packages that the server is made of.

A new setting that another package needs gets a field in that package's options, and a line here.
"""

import ipaddress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cutoutd.clients.options import ClientOptions
from cutoutd.jobs.limits import Fetching, JobLimits
from cutoutd.net.addresses import parse_allowed
from cutoutd.net.limits import FetchLimits
from cutoutd.removal.capacity import MB, Capacity, plan, usable_memory
from cutoutd.removal.model import ImagingLimits
from cutoutd.segmentation.cores import usable_cores
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.server.settings import Settings
from cutoutd.storage.store import S3Options
from cutoutd.web.links import LinkPolicy
from cutoutd.web.options import WebOptions
from cutoutd.web.origins import OriginPolicy

_WEEK_S: Final = 7 * 86_400
"""No store presigns a link for longer."""
_LEAST_FETCHES, _MOST_FETCHES = 12, 32
_FIRST_BYTE_S: Final = 15.0
_ANSWER_BYTES: Final = 64_000
"""Of a webhook's receiver; nobody reads more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that opening a server or a worker has to know."""

    data_dir: Path
    database_url: str
    storage_url: str
    s3: S3Options
    jobs: JobLimits
    capacity: Capacity
    models: SegmentationOptions
    imaging: ImagingLimits
    isolate: bool
    """Whether images are opened in processes of their own."""
    workers: int
    """Jobs worked on at the same time, by a process that works."""
    fetching: Fetching
    """Jobs that may wait for other hosts, beside those."""
    sources: FetchLimits
    """What the download of an image may reach and take."""
    receivers: FetchLimits
    """What the call of a webhook may reach and take."""
    webhook_secrets: tuple[str, ...] = field(repr=False)
    clients: ClientOptions
    web: WebOptions
    tracing: bool

    @property
    def scaled(self) -> bool:
        """Whether jobs are spread over processes: they are when PostgreSQL keeps them."""
        return self.database_url.startswith("postgres")


def config_of(settings: Settings) -> Config:
    """The values that these settings stand for.

    Opens nothing; asks the machine only for the cores and the memory that the settings leave to it.
    """
    capacity, jobs = _capacity(settings), _job_limits(settings)
    sources, receivers = _outgoing(settings)
    return Config(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        storage_url=settings.storage_url,
        s3=S3Options(
            endpoint=settings.storage_endpoint,
            region=settings.storage_region,
            public_url=settings.storage_public_url,
            link_s=min(_WEEK_S, jobs.keep_s),
        ),
        jobs=jobs,
        capacity=capacity,
        models=replace(
            model_options(settings),
            slots=settings.slots or (1 if settings.isolate else capacity.processes),
            threads=capacity.threads,
        ),
        imaging=ImagingLimits(
            max_pixels=capacity.max_pixels,
            matting_bytes=capacity.matting_bytes,
        ),
        isolate=settings.isolate,
        # More than there are processes: some download while others compute.
        workers=settings.workers or 2 * capacity.processes + 2,
        fetching=_fetching(settings, capacity),
        sources=sources,
        receivers=receivers,
        webhook_secrets=tuple(one.get_secret_value() for one in settings.webhook_secrets),
        clients=_client_options(settings),
        web=_web_options(settings, capacity),
        tracing=settings.tracing,
    )


def model_options(settings: Settings) -> SegmentationOptions:
    """Which models there are, and who runs them, for a command that has the machine to itself."""
    return SegmentationOptions(
        default=settings.model,
        preload=settings.models_preload,
        folder=settings.models_dir or settings.data_dir / "models",
        cache=settings.data_dir / "models" / ".prepared",
        allow_non_commercial=settings.models_allow_non_commercial,
        auto_pull=settings.models_auto_pull,
        mirrors=settings.models_mirrors,
        provider=settings.provider,
        int8=settings.int8,
        on_provider_failure=settings.on_provider_failure,
        memory_budget_mb=settings.models_memory_mb,
        slots=settings.slots,
        threads=settings.threads,
        batch=settings.batch,
        batch_wait_s=settings.batch_wait_ms / 1000,
    )


def _capacity(settings: Settings) -> Capacity:
    return plan(
        memory_bytes=settings.memory_mb * MB or usable_memory(),
        cores=settings.threads or usable_cores(),
        max_pixels=int(settings.max_megapixels * MB),
        max_body_bytes=settings.max_body_bytes,
    )


def _job_limits(settings: Settings) -> JobLimits:
    return JobLimits(
        max_waiting=settings.max_waiting,
        time_limit_s=settings.job_timeout_s,
        max_crashes=settings.max_crashes,
        keep_s=int(settings.keep_hours * 3600),
        min_free_bytes=int(settings.min_free_mb * MB),
        stop_grace_s=settings.stop_timeout_s,
    )


def _fetching(settings: Settings, capacity: Capacity) -> Fetching:
    """As many as the uploads' part of the memory could hold, within what is sensible."""
    places = capacity.upload_bytes // settings.max_source_bytes
    places = max(_LEAST_FETCHES, min(_MOST_FETCHES, places))
    return Fetching(places=places, per_client=places * 3 // 4)


def _outgoing(settings: Settings) -> tuple[FetchLimits, FetchLimits]:
    """Of downloads and of webhooks: both may reach the same addresses."""
    networks, hosts = parse_allowed(settings.fetch_allow)
    anywhere = FetchLimits(allow_networks=networks, allow_hosts=hosts)
    sources = replace(
        anywhere,
        max_bytes=settings.max_source_bytes,
        first_byte_s=min(_FIRST_BYTE_S, settings.fetch_timeout_s),
        total_s=settings.fetch_timeout_s,
    )
    return sources, replace(anywhere, max_bytes=_ANSWER_BYTES)


def _client_options(settings: Settings) -> ClientOptions:
    return ClientOptions(
        secrets=tuple(key.get_secret_value() for key in settings.api_keys),
        file=settings.api_keys_file,
        anonymous=settings.allow_anonymous or _is_loopback(settings.host),
        per_minute=settings.jobs_per_minute or None,
        unfinished=settings.jobs_unfinished or None,
        stored_bytes=int(settings.stored_mb * MB) or None,
        counters_url=settings.limits_url,
    )


def _web_options(settings: Settings, capacity: Capacity) -> WebOptions:
    return WebOptions(
        links=LinkPolicy(
            settings.public_url, tuple(map(ipaddress.ip_network, settings.trusted_proxies))
        ),
        dialects=settings.dialects,
        cors_origins=settings.cors_origins,
        origins=OriginPolicy(
            public_url=settings.public_url,
            allowed_hosts=_allowed_hosts(settings),
            cors_origins=settings.cors_origins,
        ),
        sync_wait_s=settings.sync_wait_s,
        max_body_bytes=settings.max_body_bytes,
        upload_bytes=capacity.upload_bytes,
        max_source_bytes=settings.max_source_bytes,
        max_pixels=capacity.max_pixels,
        max_images=settings.max_images,
        metrics_open=settings.metrics_open,
        webhook_secret=next((one.get_secret_value() for one in settings.webhook_secrets), None),
        modelslab_status_codes=settings.modelslab_status_codes,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """Who serves strangers on purpose, and names no host, may be called by any."""
    if settings.allow_anonymous and not settings.allowed_hosts:
        return ("*",)
    return tuple(host.lower() for host in settings.allowed_hosts)
