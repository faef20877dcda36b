"""What the web side can rely on: submit, wait, get, cancel, estimate."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cutoutd.command import Callback, RemoveBackground, Source
from cutoutd.errors import NotFound, Overloaded, RequestConflict
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.embedded import EmbeddedDispatcher
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, JobStatus, Outcome
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.service.service import Service
from cutoutd.storage.local import LocalArtifactStore

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
COMMAND = RemoveBackground(sources=(Source(url="http://host/a.png"),))
PATIENCE_S = 20.0

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Place:
    """A service with workers that wait until they are let go."""

    def __init__(self, folder: Path, limits: JobLimits) -> None:
        self.database: Database = open_database("", folder)
        self.store = JobStore(self.database, render_webhook=lambda _: b"")
        self.artifacts = LocalArtifactStore(folder / "artifacts")
        self.opened = threading.Event()
        self.begun = threading.Semaphore(0)
        self.dispatcher = EmbeddedDispatcher(
            self.store, self.perform, workers=1, lock_file=folder / "lock"
        )
        self.service = Service(
            store=self.store,
            records=JobRecords(self.database),
            files=FileRecords(self.database),
            artifacts=self.artifacts,
            dispatcher=self.dispatcher,
            estimator=Estimator(self.database, slots=self.dispatcher.slots),
            limits=limits,
        )
        self.dispatcher.start()

    def perform(self, job: Job) -> Outcome:
        self.begun.release()
        assert self.opened.wait(PATIENCE_S)
        return Outcome(status=JobStatus.SUCCEEDED)

    async def submit(self, command: RemoveBackground = COMMAND, **more: object) -> Job:
        asked = {"client": "ann", "dialect": "native", "link_base": "http://here", **more}
        return await self.service.submit(command, **asked)  # type: ignore[arg-type]

    def close(self) -> None:
        self.opened.set()
        self.dispatcher.stop(PATIENCE_S)
        self.service.close()
        self.database.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    made: list[Place] = []

    def make(limits: JobLimits = JobLimits(min_free_bytes=0)) -> Place:
        made.append(Place(tmp_path, limits))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(make: Callable[..., Place]) -> Place:
    return make()


async def test_a_job_that_ended_before_anybody_waited_is_answered_at_once(place: Place) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    place.store.watch(lambda _: loop.call_soon_threadsafe(ended.set))
    place.opened.set()
    job = await place.submit()
    await ended.wait()
    final = await place.service.wait(job, PATIENCE_S)
    assert final.status is JobStatus.SUCCEEDED


async def test_a_job_that_ends_in_time_is_awaited(place: Place) -> None:
    place.opened.set()
    job = await place.submit()
    final = await place.service.wait(job, PATIENCE_S)
    assert (final.id, final.status) == (job.id, JobStatus.SUCCEEDED)


async def test_a_job_that_ends_before_it_is_awaited_is_awaited_too(place: Place) -> None:
    place.opened.set()
    ended = threading.Event()
    place.store.watch(lambda _: ended.set())
    job = await place.submit()
    assert await asyncio.to_thread(ended.wait, PATIENCE_S)
    assert (await place.service.wait(job, PATIENCE_S)).status is JobStatus.SUCCEEDED


async def test_waiting_ends_at_the_timeout_with_the_job_as_it_is(place: Place) -> None:
    job = await place.service.wait(await place.submit(), 0.01)
    assert not job.status.final
    place.opened.set()
    assert (await place.service.wait(job, PATIENCE_S)).status is JobStatus.SUCCEEDED


async def test_all_who_wait_for_a_job_hear_of_its_end(place: Place) -> None:
    job = await place.submit()
    waiting = [asyncio.create_task(place.service.wait(job, PATIENCE_S)) for _ in range(5)]
    await asyncio.sleep(0)
    place.opened.set()
    assert {final.status for final in await asyncio.gather(*waiting)} == {JobStatus.SUCCEEDED}


async def test_an_end_on_another_machine_is_heard_of(place: Place) -> None:
    job = await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    running = place.store.get(job.id)
    elsewhere = JobStore(place.database, render_webhook=lambda _: b"")
    waiting = asyncio.create_task(place.service.wait(job, PATIENCE_S))
    await asyncio.sleep(0)
    elsewhere.finish(running, Outcome(status=JobStatus.SUCCEEDED))
    assert (await waiting).status is JobStatus.SUCCEEDED


async def test_those_who_wait_can_be_let_go_when_the_process_has_no_time(place: Place) -> None:
    job = await place.submit()
    waiting = asyncio.create_task(place.service.wait(job, PATIENCE_S))
    assert await asyncio.to_thread(place.begun.acquire, timeout=PATIENCE_S)
    place.service.release()
    assert not (await waiting).status.final
    assert not (await place.service.wait(job, PATIENCE_S)).status.final


async def test_a_job_can_be_followed_to_its_end(place: Place) -> None:
    states: list[JobStatus] = []
    async for job in place.service.follow(await place.submit(), every_s=0.02):
        states.append(job.status)
        if job.status is JobStatus.RUNNING:
            place.opened.set()
    assert states[0] is JobStatus.QUEUED
    assert JobStatus.RUNNING in states
    assert states[-1] is JobStatus.SUCCEEDED


async def test_an_id_is_answered_only_to_its_owner(place: Place) -> None:
    job = await place.submit()
    assert (await place.service.get(job.id, "ann")).id == job.id
    for stranger in (place.service.get, place.service.cancel):
        with pytest.raises(NotFound):
            await stranger(job.id, "bob")
    with pytest.raises(NotFound):
        await place.service.get(404, "ann")


async def test_a_waiting_job_can_be_cancelled_by_its_owner(place: Place) -> None:
    await place.submit()
    job = await place.submit()
    assert (await place.service.cancel(job.id, "ann")).status is JobStatus.CANCELLED


async def test_work_is_dropped_when_its_caller_has_gone_before_it_began(place: Place) -> None:
    await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    job = await place.submit()
    assert await place.service.abandon(job)
    hooked = await place.submit(replace(COMMAND, callback=Callback(url="http://r/")))
    assert not await place.service.abandon(hooked)


async def test_an_upload_is_kept_under_a_name_nobody_can_guess(place: Place) -> None:
    one, two = [
        await place.service.files.keep(b"bytes", client="me", name="me.jpg") for _ in range(2)
    ]
    assert one.artifact is not None
    assert two.artifact is not None
    assert one.artifact.startswith("inputs/")
    assert one.artifact != two.artifact
    assert one.name == "me.jpg"
    assert place.artifacts.get(one.artifact) == b"bytes"


async def test_the_same_upload_with_the_same_idempotency_key_is_the_same_request(
    place: Place,
) -> None:
    jobs = [
        await place.submit(
            RemoveBackground(sources=(await place.service.files.keep(b"bytes", client="me"),)),
            idempotency_key="k",
        )
        for _ in range(2)
    ]
    assert jobs[0].id == jobs[1].id
    other = RemoveBackground(sources=(await place.service.files.keep(b"other", client="me"),))
    with pytest.raises(RequestConflict):
        await place.submit(other, idempotency_key="k")


async def test_a_full_queue_is_refused_with_a_time_to_come_back(
    make: Callable[..., Place],
) -> None:
    place = make(JobLimits(max_waiting=1, min_free_bytes=0))
    await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    await place.submit()
    with pytest.raises(Overloaded) as refused:
        await place.submit()
    assert refused.value.retry_after_s > 0


async def test_with_a_full_queue_an_upload_is_refused_before_it_is_stored(
    make: Callable[..., Place],
) -> None:
    place = make(JobLimits(max_waiting=1, min_free_bytes=0))
    await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    await place.submit()
    with pytest.raises(Overloaded):
        await place.service.files.keep(b"an image", client="me")
    assert list(place.artifacts.older_than("inputs/", 1 << 60)) == []


async def test_a_nearly_full_disk_refuses_new_work(make: Callable[..., Place]) -> None:
    place = make(JobLimits(min_free_bytes=2**60))
    with pytest.raises(Overloaded, match="room"):
        await place.submit()
    with pytest.raises(Overloaded, match="room"):
        await place.service.files.keep(b"bytes", client="me")


async def test_an_estimate_counts_what_is_ahead(place: Place) -> None:
    first = await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    second = await place.submit(replace(COMMAND, sources=COMMAND.sources * 4))
    third = await place.submit(client="bob")
    estimates = [await place.service.estimate(job) for job in (first, second, third)]
    assert [estimate.ahead for estimate in estimates[1:]] == [1, 2]
    # One second is assumed for an image before any has been measured.
    assert [estimate.eta_s for estimate in estimates[1:]] == [5, 6]
    assert all(estimate.eta_s >= 1 for estimate in estimates)
