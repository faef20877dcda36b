"""Where everything is kept, and who lends out the jobs that wait there: each opened once."""

from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

from cutoutd.errors import ConfigurationError
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher, Perform
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.model import Job, Outcome
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.server.config import Config
from cutoutd.service.endings import Endings
from cutoutd.service.torn import end_torn
from cutoutd.storage import open_artifact_store
from cutoutd.storage.local import LocalArtifactStore, make_private
from cutoutd.storage.store import ArtifactStore
from cutoutd.web.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where everything is kept."""

    database: Database
    jobs: JobStore
    records: JobRecords
    files: FileRecords
    deliveries: DeliveryStore
    artifacts: ArtifactStore


def open_stores(config: Config, opened: ExitStack) -> Stores:
    """Open the database and the artifacts; `opened` learns how to close them."""
    make_private(config.data_dir)
    with suppress(OSError):  # A folder of another user, as a mounted volume may be.
        config.data_dir.chmod(0o700)
    artifacts = open_artifact_store(config.storage_url, config.data_dir, s3=config.s3)
    database = open_database(config.database_url, config.data_dir)
    opened.callback(database.close)
    jobs = JobStore(
        database,
        render_webhook=lambda job: webhook_body(job, artifacts),
        max_crashes=config.jobs.max_crashes,
    )
    files = FileRecords(database)
    jobs.watch_files(Endings(files, artifacts).clear)
    return Stores(
        database=database,
        jobs=jobs,
        records=JobRecords(database),
        files=files,
        deliveries=DeliveryStore(database),
        artifacts=artifacts,
    )


def open_dispatcher(config: Config, stores: Stores, perform: Perform | None = None) -> Dispatcher:
    """Who lends jobs to workers, not begun yet. perform: None where others do the work."""
    workers = config.workers if perform else 0
    perform, time_limit_s = perform or _perform_elsewhere, config.jobs.time_limit_s
    if not config.scaled:
        lock_file = config.data_dir / "lock"
        return EmbeddedDispatcher(
            stores.jobs,
            perform,
            workers=workers,
            lock_file=lock_file,
            time_limit_s=time_limit_s,
            fetching=config.fetching,
            settle=partial(_settle, stores),
        )
    try:
        from cutoutd.jobs.procrastinate import ProcrastinateDispatcher
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "PostgreSQL needs its extra: pip install 'cutoutd[postgres]'."
        ) from exc
    return ProcrastinateDispatcher(
        stores.database,
        stores.jobs,
        perform,
        workers=workers,
        time_limit_s=time_limit_s,
        fetching=config.fetching,
    )


def _settle(stores: Stores) -> None:
    if isinstance(stores.artifacts, LocalArtifactStore):  # A bucket tears nothing.
        end_torn(stores.jobs, stores.records, stores.artifacts)


def webhook_body(job: Job, artifacts: ArtifactStore) -> bytes:
    """The body of a final job's webhook, in the words of the dialect that submitted it.

    The first one of a worker loads the web framework, which nothing else in it needs.
    """
    from cutoutd.web.dialects import ALL

    render = ALL[job.dialect].render_webhook
    assert render is not None  # Only a dialect that has webhooks submits a callback.
    return render(job, Links(job.link_base, artifacts.url))


def _perform_elsewhere(job: Job) -> Outcome:
    raise AssertionError(f"job {job.id} reached a process without workers")
