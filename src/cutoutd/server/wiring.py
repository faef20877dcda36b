"""Everything that a process needs is opened here, once: values in, open things out.

What was opened last is closed first. Nothing below this room opens a store or reads a setting.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from cutoutd.clients.clients import Clients
from cutoutd.clients.keys import KeySource, KeyStore, keys_from_file, keys_from_secrets
from cutoutd.clients.options import ClientOptions
from cutoutd.clients.quotas import ClientLimits
from cutoutd.errors import ConfigurationError
from cutoutd.jobs.census import take_census
from cutoutd.jobs.database import Database
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.model import now_ms
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.loops import Loop
from cutoutd.net.dial import guarded_client, refuse_forbidden
from cutoutd.net.fetch import Fetcher
from cutoutd.removal.pool import ProcessPool
from cutoutd.removal.remover import Remover
from cutoutd.segmentation.sessions import Sessions
from cutoutd.server.config import Config
from cutoutd.server.processes import begin_processes
from cutoutd.server.stores import Stores, open_dispatcher, open_stores
from cutoutd.server.tracing import Tracing, open_tracing
from cutoutd.service.handler import Handler
from cutoutd.service.operator import Operator
from cutoutd.service.service import Service
from cutoutd.service.sweeper import Sweeper
from cutoutd.web.context import Context
from cutoutd.web.metrics import Metrics
from cutoutd.web.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Server:
    """An open web process: the context of its routes, and how to close all that stands behind."""

    context: Context
    dispatcher: Dispatcher
    tracing: Tracing | None
    _opened: ExitStack

    def close(self) -> None:
        """Finish or give back what runs, then let go of everything. Once more does nothing."""
        self._opened.close()

    def stop_now(self) -> None:
        """Make a `close` that is under way quick: answer who waits, give back what still runs."""
        self.context.service.release()
        self.dispatcher.stop_now()


@dataclass(frozen=True, slots=True)
class Worker:
    """An open process that works on the jobs that other processes accept."""

    metrics: Metrics
    _dispatcher: Dispatcher
    _opened: ExitStack

    def close(self) -> None:
        """Finish or give back what runs, then let go of everything."""
        self._opened.close()

    def stop_now(self) -> None:
        """Make a `close` that is under way quick: give back what still runs."""
        self._dispatcher.stop_now()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a server and a worker have in common: open, and not begun yet."""

    tracing: Tracing | None
    stores: Stores
    sessions: Sessions
    processes: ProcessPool | None
    dispatcher: Dispatcher
    readiness: Readiness
    metrics: Metrics
    loops: list[Loop]
    """Those of the background, each told by who opens it."""


def open_server(
    config: Config,
    *,
    processes: ProcessPool | None = None,
    fetch: Callable[[str], bytes] | None = None,
    tracing: Tracing | None = None,
) -> Server:
    """Open the stores, load the model and start the workers.

    processes: of `begin_processes`, where the caller has begun them; they are closed with the
    server. fetch: obtains the bytes of a URL; None is the guarded download. tracing: makes spans
    of jobs; None is what the configuration says.
    With PostgreSQL there are no workers here: `cutoutd worker` has them. Raises
    ConfigurationError for what cannot be opened; what was open by then is closed.
    """
    with ExitStack() as opened:
        processes = processes or begin_processes(config, works_here=not config.scaled)
        work = _open_work(
            config, opened, processes, works_here=not config.scaled, fetch=fetch, given=tracing
        )
        stores, options = work.stores, config.clients
        clients = _open_clients(options, stores.database)
        limits = _limits_of(options, clients)
        service = _open_service(config, work, limits)
        opened.callback(service.close)
        operator = _open_operator(work)
        opened.callback(operator.close)
        _start(config, opened, work)
        clients.start()
        work.loops.append(clients.loop)
        opened.callback(clients.close)
        context = Context(
            options=config.web,
            service=service,
            operator=operator,
            clients=clients,
            quotas=limits.quotas,
            models=service.catalogue_of(work.sessions),
            readiness=work.readiness,
            metrics=work.metrics,
        )
        return Server(context, work.dispatcher, work.tracing, opened.pop_all())
    raise AssertionError  # An ExitStack swallows nothing.


def open_worker(config: Config) -> Worker:
    """Open the stores, load the model and work on the jobs that web processes accept.

    Raises ConfigurationError without PostgreSQL, where `serve` does the work itself.
    """
    if not config.scaled:
        raise ConfigurationError(
            "cutoutd worker needs CUTOUTD_DATABASE_URL=postgresql://…; "
            "with SQLite, cutoutd serve does the work itself."
        )
    with ExitStack() as opened:
        processes = begin_processes(config, works_here=True)
        work = _open_work(config, opened, processes, works_here=True)
        _start(config, opened, work)
        return Worker(work.metrics, work.dispatcher, opened.pop_all())
    raise AssertionError  # An ExitStack swallows nothing.


def _open_work(
    config: Config,
    opened: ExitStack,
    processes: ProcessPool | None,
    *,
    works_here: bool,
    fetch: Callable[[str], bytes] | None = None,
    given: Tracing | None = None,
) -> _Work:
    if processes is not None:
        opened.callback(processes.close)
    tracing = given or open_tracing(wanted=config.tracing)
    if tracing is not None:
        opened.callback(tracing.close)
    stores, sessions = open_stores(config, opened), Sessions(config.models)
    loops: list[Loop] = []
    remover = (processes or _open_here(config, sessions)) if works_here else None
    perform = _handler(config, stores, remover, fetch).perform if remover else None
    dispatcher = open_dispatcher(config, stores, perform)
    loops.extend(dispatcher.loops)
    readiness = Readiness(
        census=partial(take_census, stores.database, ended=False),
        models=remover.models if remover else None,
        free_bytes=stores.artifacts.free_bytes,
        waiting_limit=config.jobs.max_waiting,
        min_free_bytes=config.jobs.min_free_bytes,
        loops=loops,
    )
    metrics = Metrics()
    metrics.read(readiness, slots=dispatcher.slots(), memory_bytes=config.capacity.memory_bytes)
    stores.jobs.watch(metrics.observe_job)
    if tracing is not None:
        stores.jobs.watch(tracing.observe_job)
    return _Work(
        tracing=tracing,
        stores=stores,
        sessions=sessions,
        processes=processes,
        dispatcher=dispatcher,
        readiness=readiness,
        metrics=metrics,
        loops=loops,
    )


def _handler(
    config: Config, stores: Stores, remover: Remover, fetch: Callable[[str], bytes] | None
) -> Handler:
    return Handler(
        store=stores.jobs,
        artifacts=stores.artifacts,
        fetch=fetch or Fetcher(config.sources).fetch,
        computing=config.workers,
        remover=remover,
    )


def _open_service(config: Config, work: _Work, limits: ClientLimits) -> Service:
    return Service(
        store=work.stores.jobs,
        records=work.stores.records,
        files=work.stores.files,
        artifacts=work.stores.artifacts,
        dispatcher=work.dispatcher,
        estimator=Estimator(work.stores.database, slots=work.dispatcher.slots),
        limits=config.jobs,
        admission=limits,
        carried=work.tracing.carried if work.tracing else dict,
        check_receiver=partial(refuse_forbidden, limits=config.receivers, field="webhook"),
    )


def _open_operator(work: _Work) -> Operator:
    return Operator(
        store=work.stores.jobs,
        records=work.stores.records,
        deliveries=work.stores.deliveries,
        dispatcher=work.dispatcher,
        census=partial(take_census, work.stores.database, ended=True),
    )


def _start(config: Config, opened: ExitStack, work: _Work) -> None:
    """Begin to work, to deliver and to sweep; `opened` learns how to stop."""
    stores = work.stores
    if work.processes is not None:
        work.processes.start()
        work.loops.append(work.processes.loop)
    deliverer = Deliverer(
        stores.deliveries,
        lambda: guarded_client(config.receivers),
        policy=WebhookPolicy(),
        secrets=lambda: config.webhook_secrets,
    )
    stores.jobs.watch(lambda _: deliverer.notify())
    deliverer.start()
    opened.callback(deliverer.stop)
    work.dispatcher.start()
    opened.callback(work.dispatcher.stop, config.jobs.stop_grace_s)
    sweeper = Sweeper(
        records=stores.records,
        files=stores.files,
        deliveries=stores.deliveries,
        artifacts=stores.artifacts,
        limits=config.jobs,
    )
    sweeper.start()
    work.loops.extend((deliverer.loop, sweeper.loop))
    opened.callback(sweeper.stop)


def _open_here(config: Config, sessions: Sessions) -> Remover:
    """Warm and ready, in this process, as the operator wants it."""
    from cutoutd.imaging.threads import set_num_threads
    from cutoutd.removal.inprocess import InProcessRemover

    set_num_threads(config.capacity.threads)
    sessions.warm()
    return InProcessRemover(sessions=sessions, limits=config.imaging)


def _limits_of(options: ClientOptions, clients: Clients) -> ClientLimits:
    return ClientLimits(
        clients,
        per_minute=options.per_minute,
        unfinished=options.unfinished,
        stored_bytes=options.stored_bytes,
        url=options.counters_url,
    )


def _open_clients(options: ClientOptions, database: Database) -> Clients:
    """Raises ConfigurationError if strangers could reach a server that asks for no key."""
    keys, file = keys_from_secrets(options.secrets), options.file
    sources: list[KeySource] = [lambda: keys, KeyStore(database, now_ms=now_ms).all]
    if file is not None:
        sources.append(lambda: keys_from_file(file))
    # A file of keys asks for keys, whatever it holds; so does a key in it or in the database.
    clients = Clients(sources, now_ms=now_ms, anonymous=file is None)
    if clients.open and not options.anonymous:
        raise ConfigurationError(
            "CUTOUTD_HOST is no loopback address and there is no API key, so that anybody could "
            "use this server. Make one with `cutoutd keys create NAME`, or say "
            "CUTOUTD_ALLOW_ANONYMOUS=true"
        )
    return clients
