"""What an operator can ask: the jobs and webhooks of all clients."""

from collections.abc import Callable

from cutoutd.jobs.census import Census
from cutoutd.jobs.deliveries import Delivery, DeliveryState, DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.service.threads import StoreThreads


class Operator:
    """Everybody's jobs and deliveries; who may ask, the web side must check."""

    def __init__(
        self,
        *,
        store: JobStore,
        records: JobRecords,
        deliveries: DeliveryStore,
        dispatcher: Dispatcher,
        census: Callable[[], Census],
    ) -> None:
        """census: counts everything now."""
        self._store = store
        self._records = records
        self._deliveries = deliveries
        self._dispatcher = dispatcher
        self._census = census
        self._threads = StoreThreads(count=2)

    async def census(self) -> Census:
        """How much there is of what."""
        return await self._threads.call(self._census)

    async def jobs(self, *, status: JobStatus | None, before: int | None, limit: int) -> list[Job]:
        """The newest jobs, of one status or of all; `before` an id, the ones older than it."""
        return await self._threads.call(
            self._records.find, status=status, after=before, limit=limit
        )

    async def retry(self, job_id: int) -> Job:
        """Let a failed or cancelled job wait again. Raises NotFound or InvalidRequest."""
        job = await self._threads.call(self._records.retry, job_id, enlist=self._dispatcher.enlist)
        self._dispatcher.notify()
        return job

    async def cancel(self, job_id: int) -> Job:
        """End anybody's job that has not ended. Raises NotFound."""
        return await self._threads.call(self._store.cancel, job_id)

    async def deliveries(self, *, state: DeliveryState | None, limit: int) -> list[Delivery]:
        """The newest webhooks, of one state or of all."""
        return await self._threads.call(self._deliveries.find, state=state, limit=limit)

    async def replay(self, delivery_id: int) -> Delivery:
        """Make a webhook due now, its attempts counted anew. Raises NotFound."""
        await self._threads.call(self._deliveries.replay, delivery_id)
        return await self._threads.call(self._deliveries.get, delivery_id)

    def close(self) -> None:
        """Let the threads go; nothing may be asked any more."""
        self._threads.close()
