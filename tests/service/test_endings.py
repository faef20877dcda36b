"""Every ending of a job or an upload: what becomes of its files, and what its links answer."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.command import RemoveBackground, Source
from cutoutd.errors import AttemptLost, Gone, InvalidRequest, NotFound, Overloaded, RequestConflict
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import run_attempt
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.files import FileKind, FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome, now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.loops import Loop
from cutoutd.service.endings import Endings
from cutoutd.service.service import Service
from cutoutd.service.sweeper import Sweeper
from cutoutd.storage.local import LocalArtifactStore

DAY_S = 24 * 3600


class NoWorkers:
    """A dispatcher of a process that only accepts."""

    loops: tuple[Loop, ...] = ()

    def enlist(self, transaction: Connection, job: Job) -> None: ...

    def notify(self) -> None: ...

    def slots(self) -> int:
        return 1

    def start(self) -> None: ...

    def stop(self, grace_s: float) -> None: ...

    def stop_now(self) -> None: ...


class Allowing:
    """What each client may ask for; a test says what is left of it."""

    refused = False
    stored: int | None = None

    def admit(self, client: str) -> None:
        if self.refused:
            raise Overloaded("Only 0 jobs a minute are allowed.", retry_after_s=1)

    def unfinished_limit(self, client: str) -> int | None:
        return None

    def stored_limit(self, client: str) -> int | None:
        return self.stored


class Place:
    """A server without workers, whose work a test does by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.clock.now = now_ms()
        self.database: Database = open_database("", folder)
        self.files = FileRecords(self.database, clock=self.clock)
        self.folder = folder / "artifacts"
        self.artifacts = LocalArtifactStore(self.folder)
        self.store = JobStore(self.database, render_webhook=lambda _: b"{}", clock=self.clock)
        self.store.watch_files(Endings(self.files, self.artifacts).clear)
        self.records = JobRecords(self.database, clock=self.clock)
        self.allowing = Allowing()
        self.service = Service(
            store=self.store,
            records=self.records,
            files=self.files,
            artifacts=self.artifacts,
            dispatcher=NoWorkers(),
            estimator=Estimator(self.database, slots=lambda: 1),
            limits=JobLimits(min_free_bytes=0, max_waiting=5),
            admission=self.allowing,
        )
        self.sweeper = Sweeper(
            records=self.records,
            files=self.files,
            deliveries=DeliveryStore(self.database, clock=self.clock),
            artifacts=self.artifacts,
            limits=JobLimits(),
            clock=self.clock,
        )

    def upload(self, data: bytes = b"photo") -> Source:
        return asyncio.run(self.service.files.keep(data, client="ann"))

    def submit(self, *uploads: Source, key: str | None = None) -> Job:
        command = RemoveBackground(sources=uploads or (Source(url="http://host/a.png"),))
        return asyncio.run(
            self.service.submit(
                command, client="ann", dialect="native", link_base="", idempotency_key=key
            )
        )

    def running(self, *uploads: Source, key: str | None = None) -> Job:
        """A job that a worker has begun, and whose image it has stored already."""
        job = self.store.start(self.submit(*uploads, key=key).id, "w")
        assert job is not None
        self.write(job)
        return job

    def write(self, job: Job) -> None:
        for name in job.artifact_keys:
            self.artifacts.put(name, b"image", media_type="image/png")

    def stored(self) -> set[str]:
        found = (file for file in self.folder.rglob("*") if file.is_file())
        return {file.relative_to(self.folder).parts[0] for file in found}

    def answer(self, job: Job) -> str:
        """What the job's link answers."""
        try:
            asyncio.run(self.service.files.find(job.artifact_keys[0]))
        except Gone:
            return "gone"
        except NotFound:
            return "not there"
        return "image"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.service.close()
    made.database.close()


def failed(code: str) -> Outcome:
    return Outcome(status=JobStatus.FAILED, failure=Failure(code=code, message=""))


def crash(place: Place, job: Job) -> None:
    place.store.recover()
    place.store.start(job.id, "w")
    place.store.recover()


def lose(place: Place, job: Job) -> None:
    """The job is cancelled, and its worker comes back with an image afterwards."""
    place.store.cancel(job.id)
    place.write(job)
    with pytest.raises(AttemptLost):
        place.store.finish(job, succeeded())


def expire(place: Place, job: Job) -> None:
    place.store.finish(job, succeeded())
    place.clock.advance(DAY_S)
    place.sweeper.sweep()


def delete_finished(place: Place, job: Job) -> None:
    place.store.finish(job, succeeded())
    asyncio.run(place.service.delete(job.id, "ann"))


def sweep_while_it_runs(place: Place, job: Job) -> None:
    """Cancelled, swept, and only then does its worker come back."""
    place.store.cancel(job.id)
    place.clock.advance(DAY_S)
    place.sweeper.sweep()
    place.write(job)
    with pytest.raises(AttemptLost):
        place.store.finish(job, succeeded())


ENDINGS: dict[str, tuple[Callable[[Place, Job], object], set[str], str]] = {
    "success": (lambda p, j: p.store.finish(j, succeeded()), {"generations"}, "image"),
    "caller's fault": (lambda p, j: p.store.finish(j, failed("source_rejected")), set(), "gone"),
    "our fault": (lambda p, j: p.store.finish(j, failed("processing_failed")), {"inputs"}, "gone"),
    "cancel": (lambda p, j: p.store.cancel(j.id), set(), "gone"),
    "crashes": (crash, {"inputs"}, "gone"),
    "delete while it runs": (
        lambda p, j: asyncio.run(p.service.delete(j.id, "ann")),
        set(),
        "gone",
    ),
    "delete afterwards": (delete_finished, set(), "gone"),
    "lost attempt": (lose, set(), "gone"),
    "expiry": (expire, set(), "gone"),
    "expiry while it runs": (sweep_while_it_runs, set(), "gone"),
    "given back": (lambda p, j: p.store.requeue(j), {"inputs", "generations"}, "image"),
    "put back": (lambda p, j: p.store.put_back(j), {"inputs", "generations"}, "image"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending_leaves_these_files_and_this_answer(place: Place, name: str) -> None:
    end, left, answer = ENDINGS[name]
    job = place.running(place.upload())
    end(place, job)
    assert place.stored() == left
    assert place.answer(job) == answer


@pytest.mark.parametrize("name", ["delete while it runs", "delete afterwards", "cancel", "expiry"])
def test_no_link_answers_any_more_whatever_a_late_worker_writes(place: Place, name: str) -> None:
    job = place.running(place.upload())
    ENDINGS[name][0](place, job)
    place.write(job)
    assert place.answer(job) == "gone"
    with pytest.raises(AttemptLost):
        place.store.finish(job, succeeded())
    assert place.stored() == set()


def test_what_a_late_worker_wrote_before_it_died_is_swept(place: Place) -> None:
    job = place.running()
    place.store.cancel(job.id)
    place.write(job)
    place.clock.advance(3700)
    place.sweeper.sweep()
    assert place.stored() == set()


def test_a_link_says_since_when_its_image_is_gone(place: Place) -> None:
    job = place.running()
    asyncio.run(place.service.delete(job.id, "ann"))
    with pytest.raises(Gone) as gone:
        asyncio.run(place.service.files.find(job.artifact_keys[0]))
    assert gone.value.at_ms == place.clock.now


def test_an_image_is_gone_at_its_time_and_not_when_it_is_swept(place: Place) -> None:
    job = place.running()
    command = RemoveBackground(sources=(Source(url="http://host/a.png"),))
    job = asyncio.run(
        place.service.submit(command, client="ann", dialect="native", link_base="", keep_for_s=0)
    )
    started = place.store.start(job.id, "w")
    assert started is not None
    place.write(started)
    place.store.finish(started, succeeded())
    assert place.answer(started) == "gone"


def test_an_attempt_that_lost_to_another_leaves_the_others_image(place: Place) -> None:
    first = place.running()
    place.store.recover()
    second = place.store.start(first.id, "v")
    assert second is not None
    with pytest.raises(AttemptLost):
        place.store.finish(first, succeeded())
    assert place.stored() == {"generations"}
    place.store.finish(second, succeeded())
    with pytest.raises(AttemptLost):
        place.store.finish(first, succeeded())
    assert place.answer(second) == "image"


@pytest.mark.parametrize("why", ["quota", "full queue", "conflict"])
def test_a_refused_request_leaves_nothing(place: Place, why: str) -> None:
    first = place.submit(key="k")
    upload = place.upload()
    if why == "quota":
        place.allowing.refused = True
    if why == "full queue":
        for _ in range(4):
            place.submit()
    with pytest.raises((Overloaded, RequestConflict)):
        place.submit(upload, key="k" if why == "conflict" else None)
    assert place.stored() == set()
    assert place.store.get(first.id).status is JobStatus.QUEUED


def test_a_replay_leaves_nothing_but_the_first_upload(place: Place) -> None:
    first = place.submit(place.upload(), key="k")
    for _ in range(5):
        assert place.submit(place.upload(), key="k").id == first.id
    assert len(list(place.artifacts.older_than("inputs/", 1 << 60))) == 1


def test_a_replay_of_a_job_whose_image_is_gone_says_so(place: Place) -> None:
    job = place.running(place.upload(), key="k")
    started_at = place.clock.now
    place.store.finish(job, succeeded())
    place.store.delete(job.id)
    with pytest.raises(Gone, match="Idempotency-Key") as gone:
        place.submit(place.upload(), key="k")
    assert gone.value.at_ms == started_at
    assert place.stored() == set()


def test_an_expired_job_with_a_key_says_when_its_image_went(place: Place) -> None:
    command = RemoveBackground(sources=(Source(url="http://host/a.png"),))
    job = asyncio.run(
        place.service.submit(
            command,
            client="ann",
            dialect="native",
            link_base="",
            keep_for_s=60,
            idempotency_key="k",
        )
    )
    started = place.store.start(job.id, "w")
    assert started is not None
    final = place.store.finish(started, succeeded())
    place.clock.advance(61)
    place.sweeper.sweep()
    place.sweeper.sweep()
    now = place.store.get(job.id)
    assert now.expires_at == final.expires_at
    assert now.gone_at is not None
    place.clock.advance(DAY_S)
    place.sweeper.sweep()
    with pytest.raises(NotFound):
        place.store.get(job.id)


def test_a_caller_that_hung_up_leaves_nothing(place: Place) -> None:
    ended: list[int] = []
    place.store.watch(lambda job: ended.append(job.id))
    job = place.submit(place.upload())
    assert asyncio.run(place.service.abandon(job))
    assert place.stored() == set()
    assert ended == [job.id]


def test_an_upload_that_no_job_took_goes_soon(place: Place) -> None:
    place.upload()
    place.clock.advance(15 * 60)
    place.sweeper.sweep()
    assert place.stored() == set()


def test_an_upload_for_several_jobs_stays_while_one_of_them_needs_it(place: Place) -> None:
    shared = asyncio.run(place.service.files.keep(b"photo", client="ann", folder="uploads"))
    job = place.submit(shared)
    place.clock.advance(DAY_S)
    place.sweeper.sweep()
    assert place.stored() == {"uploads"}
    place.store.cancel(job.id)
    place.sweeper.sweep()
    assert place.stored() == set()


def test_another_clients_upload_is_nobodys(place: Place) -> None:
    shared = asyncio.run(place.service.files.keep(b"photo", client="ann", folder="uploads"))
    assert shared.artifact is not None
    file_id = shared.artifact.removeprefix("uploads/")
    files = place.service.files
    assert asyncio.run(files.own(file_id, "bob")) is None
    asyncio.run(files.delete_upload(file_id, "bob"))
    assert asyncio.run(files.own(file_id, "ann")) == shared
    asyncio.run(files.delete_upload(file_id, "ann"))
    assert place.stored() == set()


def test_a_client_may_store_so_many_bytes_and_no_more(place: Place) -> None:
    place.allowing.stored = 10
    first = place.upload(b"12345678")
    for store in (
        lambda: place.upload(b"123"),
        lambda: asyncio.run(place.service.files.keep(b"123", client="ann", folder="uploads")),
        lambda: asyncio.run(
            place.service.files.publish(b"123", client="ann", media_type="image/png")
        ),
    ):
        with pytest.raises(Overloaded, match="uploads stored at one time"):
            store()
    asyncio.run(place.service.files.keep(b"123", client="bob"))
    place.store.cancel(place.submit(first).id)
    place.upload(b"1234567890")


def test_a_deleted_job_is_never_retried_and_a_cancelled_one_may_be(place: Place) -> None:
    deleted, cancelled = place.running(), place.running()
    place.store.delete(deleted.id)
    with pytest.raises(InvalidRequest, match="deleted"):
        place.records.retry(deleted.id)
    place.store.cancel(cancelled.id)
    assert place.answer(cancelled) == "gone"
    place.records.retry(cancelled.id)
    again = place.store.start(cancelled.id, "w")
    assert again is not None
    place.write(again)
    place.store.finish(again, succeeded())
    assert place.answer(again) == "image"


def test_a_store_that_is_away_puts_the_job_back_until_later(place: Place) -> None:
    job = place.running()

    def no_room(_: Job) -> Outcome:
        raise Overloaded("There is no room to store the image.", retry_after_s=60)

    run_attempt(place.store, job, no_room)
    waiting = place.store.get(job.id)
    assert waiting.status is JobStatus.QUEUED
    assert place.store.claim("w") is None
    place.clock.advance(5)
    assert place.store.claim("w") is not None


def test_a_file_whose_bytes_cannot_be_stored_is_not_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.allowing.stored = 10
    put = place.artifacts.put

    def no_room(key: str, data: bytes, *, media_type: str, durable: bool) -> None:
        raise Overloaded("There is no room to store the image.", retry_after_s=60)

    monkeypatch.setattr(place.artifacts, "put", no_room)
    with pytest.raises(Overloaded):
        place.upload(b"1234567890")
    monkeypatch.setattr(place.artifacts, "put", put)
    place.upload(b"1234567890")


def test_rows_of_files_that_went_long_ago_are_forgotten(place: Place) -> None:
    job = place.running()
    expire(place, job)
    place.clock.advance(8 * DAY_S)
    place.sweeper.sweep()
    place.sweeper.sweep()
    assert place.files.find(job.artifact_keys[0]) is None


def test_a_submission_that_is_no_upload_reserves_its_names(place: Place) -> None:
    job = place.store.insert(a_submission())
    row = place.files.find(job.artifact_keys[0])
    assert row is not None
    assert (row.kind, row.job_id) == (FileKind.IMAGE, job.id)
    assert place.answer(job) == "not there"


def test_jobs_whose_images_are_gone_are_not_listed_among_those_with_images(place: Place) -> None:
    kept, deleted = place.running(), place.running()
    for job in (kept, deleted):
        place.store.finish(job, succeeded())
    place.store.delete(deleted.id)
    listed = asyncio.run(place.service.list("ann", with_images=True))
    assert [job.id for job in listed] == [kept.id]
    counted = asyncio.run(place.service.count("ann", with_images=True))
    assert counted[JobStatus.SUCCEEDED] == 1
