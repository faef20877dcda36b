"""Workers inside the serving process: threads that take jobs from the table.

One process per data folder, guarded by a file lock, so everything that is marked running at
start belongs to a process that is dead, and is due again.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection

from cutoutd.errors import AttemptLost, ConfigurationError
from cutoutd.jobs.dispatch import TOO_LONG, Perform, run_attempt
from cutoutd.jobs.limits import Fetching
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.worker import Worker
from cutoutd.loops import Loop, LoopThread

log = logging.getLogger(__name__)

_IDLE_LOOK_S = 2.0
_WATCH_S = 0.25
_MOMENT_S = 0.001


class EmbeddedDispatcher:
    """A Dispatcher whose workers are threads of this process."""

    def __init__(
        self,
        store: JobStore,
        perform: Perform,
        *,
        workers: int,
        lock_file: Path,
        time_limit_s: float = 300.0,
        fetching: Fetching | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        """lock_file: in the data folder; who holds it owns the folder's jobs.

        fetching: how many jobs that wait for other hosts are worked on beside the workers'; None
        leaves them to the workers. settle: looks after what a dead process left beside the table,
        once the folder is ours and before anybody works.
        """
        self._settle = settle
        self._fetching = fetching
        self._fetch_ends = 0
        self._store = store
        self._perform = perform
        self._count = workers
        self._time_limit_s = time_limit_s
        # Taken in one thread, released in another.
        self._folder = FileLock(lock_file, thread_local=False)
        self._identity = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._changed = threading.Condition()
        self._news = 0
        self._stopping = False
        self._stop_now = False
        self._workers: list[Worker] = []
        self._unrecorded: list[Job] = []
        self._late: list[Job] = []
        self._claims = Loop("workers", every_s=_IDLE_LOOK_S, may_rest=True)
        self._lending = LoopThread(Loop("fetches", every_s=_MOMENT_S), self._lend_fetches)
        self._watching = LoopThread(Loop("watch", every_s=_WATCH_S), self._watch)

    @property
    def loops(self) -> Sequence[Loop]:
        """Those that look for jobs and after workers."""
        apart = () if self._fetching is None else (self._lending.loop,)
        return (self._claims, *apart, self._watching.loop)

    def enlist(self, transaction: Connection, job: Job) -> None:
        """Nothing to do: the workers read the table itself."""

    def notify(self) -> None:
        """Wake one idle worker."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def slots(self) -> int:
        """The number of workers."""
        return self._count

    def start(self) -> None:
        """Lock the folder, take over what a dead process left, and begin.

        Raises ConfigurationError if another process serves the folder.
        """
        try:
            self._folder.acquire(timeout=0)
        except Timeout as exc:
            raise ConfigurationError(
                "Another cutoutd process uses this data folder. Stop it, "
                "or give this one its own CUTOUTD_DATA_DIR."
            ) from exc
        self._settle()
        for job in self._store.recover():
            log.warning("job %d was running when the process died: %s now", job.id, job.status)
        self._claims.begin()
        for _ in range(self._count):
            self._add_worker()
        if self._fetching is not None:
            self._lending.start()
        self._watching.start()

    def stop(self, grace_s: float) -> None:
        """Begin no more; wait this long for what runs, then give it back to the queue."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stop_now or self._idle(), timeout=grace_s)
            left = [worker.job for worker in self._running() if worker.job is not None]
        for loop in (self._lending, self._watching):
            loop.stop()
        self._claims.end()
        for job in left:
            self._give_back(job)
        self._folder.release()

    def stop_now(self) -> None:
        """End a `stop` that is waiting now."""
        with self._changed:
            self._stop_now = True
            self._changed.notify_all()

    def _idle(self) -> bool:
        return not any(worker.claiming or worker.job for worker in self._workers)

    def _running(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.job is not None]

    def _give_back(self, job: Job) -> None:
        try:
            self._store.requeue(job)
        except AttemptLost:
            log.debug("job %d ended while it was being given back", job.id)
        except Exception as exc:  # noqa: BLE001 - Whatever it is, the job may not be forgotten.
            log.warning("cannot give job %d back yet: %s", job.id, exc)
            self._unrecorded.append(job)

    def _add_worker(self) -> None:
        worker = Worker(name=f"{self._identity}-{len(self._workers) + 1}")
        worker.thread = threading.Thread(
            target=self._work, args=(worker,), name=f"worker-{len(self._workers) + 1}", daemon=True
        )
        self._workers.append(worker)
        worker.thread.start()

    def _work(self, worker: Worker) -> None:
        claim = self._store.claim if self._fetching is None else self._store.claim_stored
        while not worker.given_up:
            seen = self._news
            job = self._claim(worker, claim)
            if job is not None:
                self._run(worker, job)
                continue
            with self._changed:
                # Other workers' claims are no news: those would keep idle workers awake for ever.
                news = partial(self._news_since, seen)
                self._changed.wait_for(news, timeout=self._claims.wait_s)
                if self._stopping:
                    return

    def _lend_fetches(self) -> None:
        """Begin a job that fetches, or wait until there may be one."""
        seen = self._news + self._fetch_ends
        if not self._stopping and not self._begin_fetch():
            with self._changed:
                news = partial(self._place_since, seen)
                self._changed.wait_for(news, timeout=self._claims.wait_s)

    def _place_since(self, seen: int) -> bool:
        return self._stopping or self._news + self._fetch_ends != seen

    def _begin_fetch(self) -> bool:
        """Whether a job that fetches was begun: there was one, and a place for its client."""
        fetching = self._fetching
        assert fetching is not None
        worker = Worker(name=f"{self._identity}-fetch", passing=True)
        with self._changed:
            clients = [one.job.client for one in self._workers if one.passing and one.job]
            if len(clients) >= fetching.places:
                return False
            self._workers.append(worker)
        busy = [name for name, n in Counter(clients).items() if n >= fetching.per_client]
        claim = partial(self._store.claim_fetching, busy_clients=busy)
        job = self._claim(worker, claim)
        if job is None:
            self._workers.remove(worker)
            return False
        worker.thread = threading.Thread(
            target=self._fetch, args=(worker, job), name="worker-fetch", daemon=True
        )
        worker.thread.start()
        return True

    def _fetch(self, worker: Worker, job: Job) -> None:
        try:
            self._run(worker, job)
        finally:
            with self._changed:
                self._workers.remove(worker)
                self._fetch_ends += 1
                self._changed.notify_all()

    def _news_since(self, seen: int) -> bool:
        return self._stopping or self._news != seen

    def _claim(self, worker: Worker, claim: Callable[[str], Job | None]) -> Job | None:
        with self._changed:
            if self._stopping:
                return None
            worker.claiming = True
        job = None
        with self._claims.round():
            job = claim(worker.name)
        with self._changed:
            worker.claiming, worker.job, worker.began = False, job, time.monotonic()
            self._changed.notify_all()
        return job

    def _run(self, worker: Worker, job: Job) -> None:
        try:
            run_attempt(self._store, job, self._perform)
        except Exception:
            log.exception("worker %s cannot record the end of job %d", worker.name, job.id)
            self._unrecorded.append(job)
        finally:
            with self._changed:
                worker.job = None
                self._changed.notify_all()

    def _watch(self) -> None:
        """One look at the workers: who is overdue, who has died, what could not be recorded."""
        with self._changed:
            if self._stopping:
                return
            late = time.monotonic() - self._time_limit_s
            overdue = [w for w in self._running() if w.began < late and not w.given_up]
            regular = [w for w in self._workers if not (w.given_up or w.passing)]
            dead = [w for w in regular if not w.thread.is_alive()]
        for worker in overdue:
            self._give_up(worker)
        for worker in dead:
            self._replace(worker)
        late_jobs, self._late = self._late, []
        unrecorded, self._unrecorded = self._unrecorded, []
        for again, jobs in ((self._fail, late_jobs), (self._give_back, unrecorded)):
            for job in jobs:
                again(job)

    def _give_up(self, worker: Worker) -> None:
        """A thread cannot be stopped: fail its job, and let another one do its work."""
        if (job := worker.job) is None:
            return
        log.error("job %d exceeded %g s on %s", job.id, self._time_limit_s, worker.name)
        worker.given_up = True
        self._late.append(job)
        if not worker.passing:
            self._add_worker()

    def _replace(self, worker: Worker) -> None:
        """A worker's thread ended, which nothing should make it do."""
        log.error("worker %s has died; another one takes its place", worker.name)
        worker.given_up = True
        if worker.job is not None:
            self._unrecorded.append(worker.job)
            worker.job = None
        self._add_worker()

    def _fail(self, job: Job) -> None:
        try:
            self._store.finish(job, Outcome(status=JobStatus.FAILED, failure=TOO_LONG))
        except AttemptLost:
            log.info("job %d ended just in time", job.id)
        except Exception as exc:  # noqa: BLE001 - Whatever it is, the job may not be forgotten.
            log.warning("cannot record yet that job %d took too long: %s", job.id, exc)
            self._late.append(job)
