"""Workers on many machines, through procrastinate on the PostgreSQL that holds the jobs.

procrastinate carries a ticket for each waiting job: the job's id and its place in the order,
nothing else. It brings the ticket to one of the workers, keeps their heartbeats and knows which
of them have died. The jobs table stays the truth: the ticket is written in the transaction that
accepts the job, a ticket whose job does not wait any more is thrown away, and a job without a
ticket is given one.
"""

import asyncio
import logging
import os
import socket
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job as Ticket
from procrastinate.jobs import Status
from sqlalchemy import Connection, text

from cutoutd.errors import AttemptLost, NotFound, Overloaded
from cutoutd.jobs.database import RETRY_AFTER_S, Database
from cutoutd.jobs.dispatch import TOO_LONG, Perform, run_attempt
from cutoutd.jobs.limits import Fetching
from cutoutd.jobs.model import Job, JobStatus, Outcome, now_ms
from cutoutd.jobs.store import JobStore
from cutoutd.loops import Loop, repeat

log = logging.getLogger(__name__)

QUEUE = "cutoutd"
FETCH_QUEUE = "cutoutd-fetch"
"""Tickets of jobs that wait for other hosts first."""
REST_S = 30.0
"""How long a connection that nothing needs is kept."""
_TASK = "perform"
_SCHEMA_LOCK = 7_262_553_002
_PRIORITY_STEP = 10_000_000
LOOK_ALONE = text("SELECT pg_try_advisory_xact_lock(7262553003)")
_ORPHANS = text("""
    SELECT id FROM jobs
    WHERE status IN ('queued', 'running') AND created_at < :before AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS ticket
        WHERE ticket.queueing_lock = 'job-' || jobs.id AND ticket.status IN ('todo', 'doing'))
    ORDER BY id LIMIT 1000
""")


class ProcrastinateDispatcher:
    """A Dispatcher over PostgreSQL; with `workers=0` it only accepts, as `serve` does."""

    def __init__(
        self,
        database: Database,
        store: JobStore,
        perform: Perform,
        *,
        workers: int,
        time_limit_s: float = 300.0,
        fetching: Fetching | None = None,
        heartbeat_s: float = 5.0,
        stalled_after_s: float = 20.0,
    ) -> None:
        """stalled_after_s: a worker without a heartbeat for so long is dead, its jobs run again."""
        self._database = database
        self._store = store
        self._perform = perform
        self._workers = workers
        self._fetching = fetching
        places = fetching.places if fetching and workers else 0
        self._time_limit_s = time_limit_s
        self._heartbeat_s = heartbeat_s
        self._stalled_after_s = stalled_after_s
        self._identity = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        address = database.engine.url.set(drivername="postgresql")
        conninfo = address.render_as_string(hide_password=False)
        # Tickets are written on the connection of the job's own transaction, so the first app
        # never opens one itself.
        self._tickets = App(connector=SyncPsycopgConnector(conninfo=conninfo))
        self._app = App(connector=_pooled(conninfo, most=workers + places + 4))
        self._app.task(name=_TASK, queue=QUEUE)(self._attend)
        self._threads = ThreadPoolExecutor(2 * (workers + places) + 4, thread_name_prefix="worker")
        self._queue = Loop("queue", every_s=min(1.0, heartbeat_s), may_rest=True)
        self._maintenance = Loop("orphans", every_s=stalled_after_s / 2)
        self._attempts: set[asyncio.Task[Any]] = set()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="procrastinate", daemon=True)

    @property
    def loops(self) -> Sequence[Loop]:
        """Those that take jobs from the queue and after workers that died; none without workers."""
        return (self._queue, self._maintenance) if self._workers else ()

    def enlist(self, transaction: Connection, job: Job) -> None:
        """Write the job's ticket within the transaction that makes the job wait.

        Raises Overloaded while the database is away.
        """
        apart = self._fetching if job.command.fetches() else None
        ticket = self._tickets.configure_task(
            _TASK,
            queue=FETCH_QUEUE if apart else QUEUE,
            # Tickets with the same lock take turns: so many of a client's are worked on at once.
            lock=f"{job.client}-{job.id % apart.per_client}" if apart else None,
            priority=job.priority * _PRIORITY_STEP - min(job.turn, _PRIORITY_STEP - 1),
            queueing_lock=f"job-{job.id}",
            connection=transaction.connection.driver_connection,
            schedule_at=datetime.fromtimestamp(job.due_at / 1000, UTC) if job.due_at else None,
        )
        try:
            ticket.defer(job_id=job.id)
        except ConnectorException as exc:
            raise Overloaded(
                "The job store cannot be used at the moment.", retry_after_s=RETRY_AFTER_S
            ) from exc

    def notify(self) -> None:
        """Nothing to do: PostgreSQL notifies the workers when the transaction commits."""

    def slots(self) -> int:
        """The number of workers in this process, at least 1."""
        return max(1, self._workers)

    def start(self) -> None:
        """Make procrastinate's tables if they are not there, and begin to work."""
        with self._database.write() as tx:
            tx.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))
            if tx.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
                driver: Any = tx.connection.driver_connection
                driver.execute(self._tickets.schema_manager.get_schema())
        if self._workers:
            self._thread.start()

    def stop(self, grace_s: float) -> None:
        """Begin no more; wait this long for what runs, then give it back to the queue."""
        self._stopping.set()
        if self._thread.is_alive():
            self._tell(self._cancel_serving)
            self._thread.join(grace_s)
            self.stop_now()
            self._thread.join(5)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def stop_now(self) -> None:
        """End a `stop` that is waiting now: give back what still runs."""
        self._tell(lambda: [attempt.cancel() for attempt in self._attempts])

    def _tell(self, action: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def _cancel_serving(self) -> None:
        if self._serving is not None:
            self._serving.cancel()

    def _run(self) -> None:
        asyncio.run(self._serve_until_stopped())

    async def _serve_until_stopped(self) -> None:
        """Serve; when the database was away and procrastinate gave up, begin again."""
        self._loop = asyncio.get_running_loop()
        self._queue.begin()
        while not self._stopping.is_set():
            self._serving = asyncio.create_task(self._serve())
            try:
                with self._queue.round():
                    await self._serving
            except asyncio.CancelledError:
                return
            await asyncio.sleep(self._queue.wait_s)

    async def _serve(self) -> None:
        async with self._app.open_async():
            maintenance = asyncio.create_task(repeat(self._maintenance, self._maintain))
            listening = [asyncio.create_task(self._listen(QUEUE, self._workers))]
            if self._fetching is not None:
                places = self._fetching.places
                listening.append(asyncio.create_task(self._listen(FETCH_QUEUE, places)))
            try:
                await asyncio.gather(*listening)
            finally:
                maintenance.cancel()
                for one in listening:
                    one.cancel()
                await asyncio.gather(*listening, return_exceptions=True)

    async def _listen(self, queue: str, concurrency: int) -> None:
        await self._app.run_worker_async(
            name=self._identity,
            queues=[queue],
            concurrency=concurrency,
            install_signal_handlers=False,
            delete_jobs="always",
            update_heartbeat_interval=self._heartbeat_s,
            stalled_worker_timeout=self._stalled_after_s,
            fetch_job_polling_interval=min(5.0, self._heartbeat_s),
        )

    async def _attend(self, job_id: int) -> None:
        """One ticket: start its job, unless it does not wait any more, and see it through."""
        attempt = asyncio.current_task()
        assert attempt is not None
        self._attempts.add(attempt)
        try:
            job = await asyncio.to_thread(self._store.start, job_id, self._identity)
            if job is not None:
                await self._run_attempt(job)
        finally:
            self._attempts.discard(attempt)

    async def _run_attempt(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        attempt = partial(run_attempt, self._store, job, self._perform, enlist=self.enlist)
        work = loop.run_in_executor(self._threads, attempt)
        try:
            async with asyncio.timeout(self._time_limit_s):
                await asyncio.shield(work)
        except TimeoutError:
            log.exception("job %d exceeded %g s", job.id, self._time_limit_s)
            too_long = Outcome(status=JobStatus.FAILED, failure=TOO_LONG)
            with suppress(AttemptLost):  # It ended just in time.
                await asyncio.to_thread(self._store.finish, job, too_long)
        except asyncio.CancelledError:
            # Not awaited in a thread: the task that cancels wants this loop to end.
            with suppress(AttemptLost):
                self._store.requeue(job, enlist=self.enlist)
            raise

    async def _maintain(self) -> None:
        await self._recover_stalled()
        await self._requeue_orphans()

    async def _recover_stalled(self) -> None:
        stalled = await self._app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=self._stalled_after_s
        )
        for ticket in stalled:
            job_id = _job_id(ticket)
            for job in await asyncio.to_thread(self._store.recover, job_id):
                log.warning("job %d lost its worker: %s now", job.id, job.status)
            await self._app.job_manager.finish_job(ticket, Status.FAILED, delete_job=True)
            await asyncio.to_thread(self._renew, job_id)

    async def _requeue_orphans(self) -> None:
        """Jobs without a ticket: a waiting one gets one, a running one has lost its worker."""
        settled = now_ms() - int(self._stalled_after_s * 1000)
        for job_id in await asyncio.to_thread(self.find_orphans, created_before=settled):
            await asyncio.to_thread(self._store.recover, job_id)
            await asyncio.to_thread(self._renew, job_id)

    def find_orphans(self, *, created_before: int) -> list[int]:
        """Unfinished jobs without a ticket that were accepted before this time (ms); some of many.

        None while another process looks: each look reads the whole queue, which may be longer
        than this process's memory, so the database compares, and for one process at a time.
        """
        with self._database.read() as connection:
            if not connection.execute(LOOK_ALONE).scalar():
                return []
            return list(connection.scalars(_ORPHANS, {"before": created_before}))

    def _renew(self, job_id: int) -> None:
        """A new ticket for a job that waits; one that has a ticket keeps it."""
        with suppress(NotFound, AlreadyEnqueued):
            job = self._store.get(job_id)
            if job.status is JobStatus.QUEUED:
                with self._database.write() as tx:
                    self.enlist(tx, job)


def _pooled(conninfo: str, *, most: int) -> PsycopgConnector:
    """At most so many connections, and only as many as there is work for."""
    return PsycopgConnector(
        conninfo=conninfo, min_size=1, max_size=most, max_idle=REST_S, timeout=5.0
    )


def _job_id(ticket: Ticket) -> int:
    job_id = ticket.task_kwargs["job_id"]
    assert isinstance(job_id, int)
    return job_id
