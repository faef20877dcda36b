"""What is swept, what stays, and that nothing is swept which somebody still needs."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.errors import NotFound, ProcessingFailed
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.files import FileRecords
from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import Job, Outcome, now_ms
from cutoutd.jobs.records import JobRecords
from cutoutd.jobs.store import JobStore
from cutoutd.service.sweeper import Sweeper
from cutoutd.storage.local import LocalArtifactStore

DAY_S = 24 * 3600


class Place:
    """A sweeper with a clock that stands where the disk's does, until a test moves it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.clock.now = now_ms()
        self.database: Database = open_database("", folder)
        self.store = JobStore(self.database, render_webhook=lambda _: b"{}", clock=self.clock)
        self.deliveries = DeliveryStore(self.database, clock=self.clock)
        self.folder = folder / "artifacts"
        self.artifacts = LocalArtifactStore(self.folder)
        self.file_records = FileRecords(self.database, clock=self.clock)
        self.records = JobRecords(self.database, clock=self.clock)
        self.sweeper = self.sweeper_every(300)

    def sweeper_every(self, seconds: float) -> Sweeper:
        return Sweeper(
            records=self.records,
            files=self.file_records,
            deliveries=self.deliveries,
            artifacts=self.artifacts,
            limits=JobLimits(),
            every_s=seconds,
            clock=self.clock,
        )

    def put(self, key: str) -> None:
        self.artifacts.put(key, b"bytes", media_type="")

    def files(self) -> list[str]:
        found = (file for file in self.folder.rglob("*") if file.is_file())
        return sorted(file.relative_to(self.folder).as_posix() for file in found)

    def ended_job(self, outcome: Outcome | None = None, **more: object) -> Job:
        running = self.store.start(self.store.insert(a_submission(**more)).id, "w")  # type: ignore[arg-type]
        assert running is not None
        for key in running.artifact_keys:
            self.put(key)
        return self.store.finish(running, outcome or succeeded())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.database.close()


def test_a_job_and_its_pictures_go_when_they_have_been_kept_long_enough(place: Place) -> None:
    job = place.ended_job(pictures=2)
    place.clock.advance(DAY_S - 1)
    place.sweeper.sweep()
    assert place.files() == sorted(job.artifact_keys)
    place.clock.advance(1)
    place.sweeper.sweep()
    assert place.files() == []
    with pytest.raises(NotFound):
        place.store.get(job.id)


def test_more_jobs_than_one_batch_go_in_one_sweep(place: Place) -> None:
    for _ in range(120):
        place.ended_job()
    place.clock.advance(DAY_S)
    place.sweeper.sweep()
    assert place.sweeper._records.expired() == []


def test_an_upload_goes_by_age_but_not_while_a_job_may_need_it(place: Place) -> None:
    place.put("inputs/x")
    waiting = place.store.insert(a_submission())
    place.clock.advance(2 * DAY_S)
    place.sweeper.sweep()
    assert place.files() == ["inputs/x"]
    place.store.cancel(waiting.id)
    place.sweeper.sweep()
    assert place.files() == []


def test_what_is_being_written_stays(place: Place) -> None:
    half = place.folder / ".partial" / "half"
    half.write_bytes(b"ha")
    place.sweeper.sweep()
    assert half.exists()
    os.utime(half, (0, 0))
    place.sweeper.sweep()
    assert not half.exists()


def test_deliveries_that_ended_go_after_a_week_and_owed_ones_never(place: Place) -> None:
    place.ended_job(webhook="http://receiver/")
    place.ended_job(webhook="http://receiver/")
    done = place.deliveries.claim(lease_ms=1000)
    assert done is not None
    place.deliveries.delivered(done, status=200)
    place.clock.advance(7 * DAY_S + 1)
    place.sweeper.sweep()
    assert [owed.id for owed in place.deliveries.find()] == [done.id + 1]


def test_sweeping_again_after_a_crash_in_between_is_fine(place: Place) -> None:
    job = place.ended_job()
    place.clock.advance(DAY_S)
    place.artifacts.delete(job.artifact_keys[0])
    place.sweeper.sweep()
    with pytest.raises(NotFound):
        place.store.get(job.id)


def test_it_sweeps_at_its_start_and_stops_when_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.ended_job()
    place.clock.advance(DAY_S)
    swept = threading.Event()
    monkeypatch.setattr(place.artifacts, "tidy", lambda _: swept.set())  # The step after the jobs.
    place.sweeper.start()
    assert swept.wait(20)
    place.sweeper.stop()
    assert place.files() == []


def test_a_file_that_cannot_be_deleted_keeps_nobody_elses(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        place.ended_job()
    place.clock.advance(DAY_S)
    delete, stuck = place.artifacts.delete, [True]

    def refuse_once(key: str) -> None:
        if stuck:
            stuck.clear()
            raise OSError("read-only")
        delete(key)

    monkeypatch.setattr(place.artifacts, "delete", refuse_once)
    with pytest.raises(ProcessingFailed, match="1 file"):
        place.sweeper.sweep()
    assert len(place.files()) == 1
    place.sweeper.sweep()
    assert place.files() == []


def test_a_sweep_that_fails_is_repeated_and_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper, again = place.sweeper_every(0.001), threading.Semaphore(0)

    def broken(_: float) -> None:
        again.release()
        raise ZeroDivisionError

    monkeypatch.setattr(place.artifacts, "tidy", broken)
    sweeper.start()
    assert all(again.acquire(timeout=20) for _ in range(3))
    sweeper.stop()
    assert sweeper.loop.failures >= 3
