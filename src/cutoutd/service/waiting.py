"""Coroutines that wait for the end of a job, wherever it is worked on."""

import asyncio
import logging
from collections import OrderedDict

from cutoutd.jobs.model import Job
from cutoutd.jobs.store import JobStore
from cutoutd.service.threads import StoreThreads

log = logging.getLogger(__name__)

_LOOK_S = 0.1
_REMEMBERED = 100


class Waiting:
    """Wakes those who wait for a job: at once when this process ended it, else by looking."""

    def __init__(self, store: JobStore, threads: StoreThreads) -> None:
        self._store = store
        self._threads = threads
        self._arrivals: dict[int, list[asyncio.Future[Job | None]]] = {}
        # Ended before anybody waited for them, so that the first who does need not look for them.
        self._just_ended: OrderedDict[int, Job] = OrderedDict()
        self._looking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.released = False
        """Whether nobody is to wait any more."""
        store.watch(self._announce)

    def listen(self) -> None:
        """From now on an end in another thread is told to the event loop that runs here."""
        self._loop = asyncio.get_running_loop()

    async def wait(self, job: Job, timeout_s: float) -> Job:
        """The job when it is final, or as it is after the timeout."""
        if job.status.final or timeout_s <= 0 or self.released:
            return job
        final = self._just_ended.pop(job.id, None)
        if final is not None:
            return final
        arrival: asyncio.Future[Job | None] = asyncio.get_running_loop().create_future()
        self._arrivals.setdefault(job.id, []).append(arrival)
        self._look()
        try:
            async with asyncio.timeout(timeout_s):
                final = await arrival
        except TimeoutError:
            log.debug("job %d did not end in %g s", job.id, timeout_s)
        finally:
            self._forget(job.id, arrival)
        if final is not None:
            return final
        return await self._threads.call(self._store.get, job.id)

    def release(self) -> None:
        """Let everybody who waits have the job as it is, now and from now on. Any thread."""
        self.released = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._let_go)

    def _announce(self, job: Job) -> None:
        """A job ended in this process, in whichever thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived, job.id, job)

    def _arrived(self, job_id: int, job: Job | None) -> None:
        arrivals = self._arrivals.pop(job_id, ())
        for arrival in arrivals:
            if not arrival.done():
                arrival.set_result(job)
        if job is not None and not arrivals:
            self._just_ended[job_id] = job
            while len(self._just_ended) > _REMEMBERED:
                self._just_ended.popitem(last=False)

    def _let_go(self) -> None:
        for job_id in list(self._arrivals):
            self._arrived(job_id, None)

    def _forget(self, job_id: int, arrival: "asyncio.Future[Job | None]") -> None:
        arrivals = self._arrivals.get(job_id, [])
        if arrival in arrivals:
            arrivals.remove(arrival)
        if not arrivals:
            self._arrivals.pop(job_id, None)

    def _look(self) -> None:
        """Watch the table while anybody waits: the job may end on another machine."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_while_waited_for())

    async def _look_while_waited_for(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if not self._arrivals:
                return
            for job in await self._threads.call(self._store.final_among, list(self._arrivals)):
                self._arrived(job.id, job)
