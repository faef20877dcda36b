"""What a power cut leaves of uploads whose jobs nobody was told of."""

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.test_endings import Place

from cutoutd.command import Source
from cutoutd.errors import Overloaded
from cutoutd.jobs.model import JobStatus
from cutoutd.service.torn import end_torn


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.service.close()
    made.database.close()


def file_of(place: Place, upload: Source) -> Path:
    assert upload.artifact is not None
    return place.folder / upload.artifact


def restart(place: Place) -> None:
    end_torn(place.store, place.records, place.artifacts)


@pytest.mark.parametrize("left", [None, b"", b"pho", b"pho\0\0"])
def test_a_job_whose_upload_is_not_whole_ends(place: Place, left: bytes | None) -> None:
    upload = place.upload(b"photo")
    job = place.submit(upload)
    if left is None:
        file_of(place, upload).unlink()
    else:
        file_of(place, upload).write_bytes(left)
    restart(place)
    ended = place.store.get(job.id)
    assert ended.status is JobStatus.FAILED
    assert ended.outcome is not None
    assert ended.outcome.failure is not None
    assert ended.outcome.failure.code == "source_rejected"
    assert place.stored() == set()


def test_a_job_that_had_begun_ends_too(place: Place) -> None:
    upload = place.upload()
    job = place.store.start(place.submit(upload).id, "dead")
    assert job is not None
    file_of(place, upload).write_bytes(b"")
    restart(place)
    assert place.store.get(job.id).status is JobStatus.FAILED


def test_the_caller_who_was_not_told_sends_it_again_under_the_same_key(place: Place) -> None:
    upload = place.upload()
    lost = place.submit(upload, key="once")
    file_of(place, upload).write_bytes(b"")
    restart(place)
    again = place.submit(place.upload(), key="once")
    assert again.id != lost.id
    assert again.status is JobStatus.QUEUED


def test_jobs_whose_images_are_whole_or_elsewhere_wait_on(place: Place) -> None:
    shared = asyncio.run(place.service.files.keep(b"photo", client="ann", folder="uploads"))
    waiting = [place.submit(place.upload()), place.submit(), place.submit(shared)]
    restart(place)
    for job in waiting:
        assert place.store.get(job.id).status is JobStatus.QUEUED


def test_more_jobs_than_are_read_at_once_are_all_looked_at(place: Place) -> None:
    uploads = [place.upload() for _ in range(4)]
    jobs = [place.submit(upload) for upload in uploads]
    file_of(place, uploads[0]).write_bytes(b"")
    end_torn(place.store, place.records, place.artifacts, at_once=2)
    states = [place.store.get(job.id).status for job in jobs]
    assert states == [JobStatus.FAILED] + [JobStatus.QUEUED] * 3


def test_a_disk_that_cannot_be_read_now_ends_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = place.submit(place.upload())

    def unreadable(_: Path) -> bytes:
        raise OSError(errno.EIO, "gone")

    monkeypatch.setattr(Path, "read_bytes", unreadable)
    with pytest.raises(Overloaded):
        place.artifacts.get("inputs/any")
    restart(place)
    assert place.store.get(job.id).status is JobStatus.QUEUED
