"""What one job costs the disk and the database, and in which order things become durable.

With SQLite and files; counted, not timed.
"""

import asyncio
import errno
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.service.test_endings import NoWorkers, Place
from tests.service.test_handler import OneModel, photo

from cutoutd.errors import Overloaded
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.removal.inprocess import InProcessRemover
from cutoutd.removal.model import ImagingLimits
from cutoutd.service.handler import Handler

SYNCS = {
    "inputs": "folder of the upload",
    "generations": "folder of the image",
    ".partial": "image",
    "jobs.sqlite3-wal": "log",
}


class Record:
    """What is synced, executed and told, in order."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        fsync, fdatasync = os.fsync, os.fdatasync

        def synced(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            parent = "upload" if path.parent.name == "inputs" else SYNCS.get(path.parent.name, "")
            self.events.append(f"sync {SYNCS.get(path.name) or parent}")

        monkeypatch.setattr(os, "fsync", lambda file: (synced(file), fsync(file))[1])
        monkeypatch.setattr(os, "fdatasync", lambda file: (synced(file), fdatasync(file))[1])
        event.listen(place.database.engine, "connect", self._trace)
        place.database.engine.dispose()
        with place.database.read():
            self.events.clear()

    def _trace(self, connection: object, _: object) -> None:
        connection.set_trace_callback(self.events.append)  # type: ignore[attr-defined]

    def syncs(self) -> Counter[str]:
        return Counter(e.removeprefix("sync ") for e in self.events if e.startswith("sync "))

    def transactions(self) -> int:
        return self.events.count("COMMIT")

    def statements(self) -> Counter[str]:
        words = ("SELECT", "INSERT", "UPDATE", "DELETE")
        return Counter(e.split()[0] for e in self.events if e.startswith(words))

    def order(self, *kinds: str) -> list[str]:
        return [e for e in self.events if e.startswith(kinds)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    work(made, accept(made))  # So that the folders are there.
    work(made, accept(made, upload=True))
    yield made
    made.service.close()
    made.database.close()


@pytest.fixture
def record(place: Place, monkeypatch: pytest.MonkeyPatch) -> Record:
    return Record(place, monkeypatch)


def accept(place: Place, *, upload: bool = False) -> Job:
    return place.submit(*([place.upload(photo())] if upload else []))


def work(place: Place, job: Job) -> None:
    """As a worker does it, from the claim to the end."""
    remover = InProcessRemover(sessions=OneModel(), limits=ImagingLimits())
    handler = Handler(
        store=place.store, artifacts=place.artifacts, fetch=lambda _: photo(), remover=remover
    )
    claimed = place.store.claim("w")
    assert claimed is not None
    assert claimed.id == job.id
    assert place.store.finish(claimed, handler.perform(claimed)).status is JobStatus.SUCCEEDED


def test_a_job_with_a_url_is_four_syncs_three_transactions_and_nine_statements(
    place: Place, record: Record
) -> None:
    work(place, accept(place))
    assert record.syncs() == {"log": 2, "image": 1, "folder of the image": 1}
    assert record.transactions() == 3  # Accepted, started, ended.
    assert record.statements() == {"SELECT": 4, "INSERT": 2, "UPDATE": 3}


def test_a_job_with_an_upload_is_two_syncs_more_and_forgets_the_upload(
    place: Place, record: Record
) -> None:
    work(place, accept(place, upload=True))
    uploads = {"upload": 1, "folder of the upload": 1}
    assert record.syncs() == {"log": 2, "image": 1, "folder of the image": 1, **uploads}
    assert record.transactions() == 5  # The upload's row, and that its bytes are deleted.
    assert record.statements() == {"SELECT": 5, "INSERT": 3, "UPDATE": 5}


def test_the_caller_hears_of_a_job_when_its_upload_and_then_the_job_are_durable(
    place: Place, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoWorkers, "notify", lambda _: record.events.append("told workers"))
    upload = place.upload(photo())
    assert record.syncs() == {}
    place.submit(upload)
    record.events.append("told caller")
    assert record.order("COMMIT", "sync", "told")[1:] == [  # After the upload's row.
        "COMMIT",
        "told workers",
        "sync upload",
        "sync folder of the upload",
        "sync log",
        "told caller",
    ]


def test_the_end_names_an_image_that_is_durable_and_is_durable_before_anybody_hears_of_it(
    place: Place, record: Record
) -> None:
    place.store.watch(lambda _: record.events.append("told"))
    job = accept(place)
    record.events.clear()
    work(place, job)
    assert record.order("COMMIT", "sync", "told") == [
        "COMMIT",  # Its start.
        "sync image",
        "sync folder of the image",
        "COMMIT",
        "sync log",
        "told",
    ]


def test_uploads_for_several_jobs_are_durable_when_their_caller_hears_of_them(
    place: Place, record: Record
) -> None:
    asyncio.run(place.service.files.keep(photo(), client="ann", folder="uploads"))
    assert record.order("sync")[0] == "sync image"
    assert len(record.order("sync")) >= 2  # The file, and the folder that has its name.


def test_a_request_that_is_repeated_before_the_upload_is_durable_waits_for_it(
    place: Place, record: Record
) -> None:
    place.submit(place.upload(photo()), key="once")
    record.events.clear()
    place.submit(place.upload(photo()), key="once")
    last = record.order("sync")[-3:]
    assert last == ["sync upload", "sync folder of the upload", "sync log"]


def test_a_job_whose_upload_cannot_be_made_durable_is_refused_and_ends(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "gone")

    upload = place.upload(photo())
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Overloaded):
        place.submit(upload)
    monkeypatch.undo()
    (newest,) = place.records.find(limit=1)
    assert newest.status is JobStatus.CANCELLED
    assert place.store.claim("w") is None


def test_an_earlier_job_does_not_end_when_its_repetition_cannot_be_answered(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "gone")

    job, again = place.submit(place.upload(photo()), key="once"), place.upload(photo())
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Overloaded):
        place.submit(again, key="once")
    assert place.store.get(job.id).status is JobStatus.QUEUED
