"""One job performed: sources in, artifacts out, and every failure in words for the caller."""

import io
import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import (
    Background,
    ImageFormat,
    ImageKind,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.errors import InvalidRequest, NotFound, Overloaded, SourceUnreachable
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.model import Job, JobStatus, Outcome, Submission
from cutoutd.jobs.store import JobStore
from cutoutd.removal.inprocess import InProcessRemover
from cutoutd.removal.model import ImagingLimits
from cutoutd.segmentation.models import LoadedModel
from cutoutd.service.handler import Handler
from cutoutd.storage import open_artifact_store
from cutoutd.storage.store import ArtifactStore


class LeftHalf:
    """Finds the subject in the left half, whatever the image."""

    name = "left-half"
    provider = "analytic"
    sees = 1024

    def grid(self, _quality: object) -> None:
        """It wants the pixels."""

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        probability = np.zeros((32, 32), dtype=np.float32)
        probability[:, :16] = 1
        return probability


class OneModel:
    """Lends the left half, and counts."""

    def __init__(self) -> None:
        self.lent = 0

    @contextmanager
    def get(self, name: str | None) -> Iterator[LeftHalf]:
        if name not in (None, LeftHalf.name):
            raise InvalidRequest(f"There is no model named {name}.", field="model")
        self.lent += 1
        yield LeftHalf()

    def models(self) -> list[LoadedModel]:
        return []


def photo(width: int = 40, height: int = 20) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 100, 50)).save(file, "PNG")
    return file.getvalue()


PICTURES = {"http://host/a.png": photo(), "http://host/b.png": photo(30, 30)}


def fetch(url: str) -> bytes:
    if url not in PICTURES:
        raise SourceUnreachable("host", "HTTP 404")
    return PICTURES[url]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database("", tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, render_webhook=lambda _: b"")


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    return open_artifact_store("", tmp_path)


@pytest.fixture
def handler(store: JobStore, artifacts: ArtifactStore) -> Handler:
    return Handler(
        store=store,
        artifacts=artifacts,
        fetch=fetch,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits(max_pixels=1_000_000)),
    )


def started(store: JobStore, command: RemoveBackground) -> Job:
    count = len(command.sources) * len(command.outputs)
    submission = Submission(
        client="ann",
        dialect="native",
        command=command,
        artifact_keys=tuple(f"generations/{uuid.uuid4()}-{n}.png" for n in range(count)),
        echo={},
        link_base="http://here",
    )
    job = store.start(store.insert(submission).id, "w")
    assert job is not None
    return job


def urls(*names: str) -> tuple[Source, ...]:
    return tuple(Source(url=f"http://host/{name}.png") for name in names)


def failure_of(outcome: Outcome) -> tuple[str, str | None, str | None]:
    assert outcome.status is JobStatus.FAILED
    assert outcome.failure is not None
    return outcome.failure.code, outcome.failure.field, outcome.failure.reason


def test_each_source_gives_each_output_under_the_keys_of_the_job(
    handler: Handler, store: JobStore, artifacts: ArtifactStore
) -> None:
    outputs = (Output(), Output(kind=ImageKind.MASK))
    job = started(store, RemoveBackground(sources=urls("a", "b"), outputs=outputs))
    outcome = handler.perform(job)
    assert outcome.status is JobStatus.SUCCEEDED
    assert [made.key for made in outcome.artifacts] == list(job.artifact_keys)
    assert [(made.kind, made.width, made.height) for made in outcome.artifacts] == [
        (ImageKind.CUTOUT, 40, 20),
        (ImageKind.MASK, 40, 20),
        (ImageKind.CUTOUT, 30, 30),
        (ImageKind.MASK, 30, 30),
    ]
    for made in outcome.artifacts:
        data = artifacts.get(made.key)
        assert len(data) == made.size
        assert Image.open(io.BytesIO(data)).size == (made.width, made.height)


def test_the_outcome_says_which_model_ran_where_and_how_long(
    handler: Handler, store: JobStore
) -> None:
    outcome = handler.perform(started(store, RemoveBackground(sources=urls("a", "b"))))
    assert (outcome.model, outcome.provider) == ("left-half", "analytic")
    assert {"obtain", "decode", "segment", "encode", "keep"} <= set(outcome.timings_ms)


def test_an_uploaded_source_comes_from_storage(
    handler: Handler, store: JobStore, artifacts: ArtifactStore
) -> None:
    artifacts.put("inputs/x", photo(10, 10), media_type="")
    command = RemoveBackground(sources=(Source(artifact="inputs/x"),))
    assert handler.perform(started(store, command)).artifacts[0].width == 10


def test_running_again_writes_the_same_keys(
    handler: Handler, store: JobStore, artifacts: ArtifactStore
) -> None:
    job = started(store, RemoveBackground(sources=urls("a")))
    first = handler.perform(job)
    data = artifacts.get(job.artifact_keys[0])
    assert handler.perform(job).artifacts == first.artifacts
    assert artifacts.get(job.artifact_keys[0]) == data


def test_a_source_that_cannot_be_had_says_so(handler: Handler, store: JobStore) -> None:
    outcome = handler.perform(started(store, RemoveBackground(sources=urls("a", "missing"))))
    assert failure_of(outcome) == ("source_unreachable", None, None)


def test_an_upload_that_is_gone_is_not_our_secret(handler: Handler, store: JobStore) -> None:
    command = RemoveBackground(sources=(Source(artifact="inputs/gone"),))
    assert failure_of(handler.perform(started(store, command)))[0] == "not_found"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<svg/>", "not_an_image"),
        (photo(300, 300)[:-60], "truncated"),
        (photo(2000, 1000), "too_many_pixels"),
    ],
    ids=["empty", "not-an-image", "truncated", "too-many-pixels"],
)
def test_a_picture_that_cannot_be_used_says_why(
    handler: Handler, store: JobStore, artifacts: ArtifactStore, data: bytes, reason: str
) -> None:
    artifacts.put("inputs/x", data, media_type="")
    command = RemoveBackground(sources=(Source(artifact="inputs/x"),))
    code, _, why = failure_of(handler.perform(started(store, command)))
    assert (code, why) == ("source_rejected", reason)


def test_an_unknown_model_names_the_field(handler: Handler, store: JobStore) -> None:
    command = RemoveBackground(sources=urls("a"), model="nobody")
    assert failure_of(handler.perform(started(store, command)))[:2] == ("invalid_request", "model")


def test_our_own_mistakes_are_in_the_log_and_not_in_the_answer(
    store: JobStore, artifacts: ArtifactStore, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(url: str) -> bytes:
        raise ZeroDivisionError("the secret path /srv/x")

    handler = Handler(
        store=store,
        artifacts=artifacts,
        fetch=broken,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits()),
    )
    job = started(store, RemoveBackground(sources=urls("a")))
    with caplog.at_level(logging.ERROR):
        outcome = handler.perform(job)
    assert failure_of(outcome)[0] == "processing_failed"
    assert outcome.failure is not None
    assert "secret" not in outcome.failure.message
    assert f"job {job.id} failed" in caplog.text
    assert "secret path" in caplog.text


def test_a_job_that_was_cancelled_stops_before_its_next_source(
    store: JobStore, artifacts: ArtifactStore
) -> None:
    fetched: list[str] = []

    def cancel_meanwhile(url: str) -> bytes:
        fetched.append(url)
        store.cancel(job.id)
        return PICTURES[url]

    handler = Handler(
        store=store,
        artifacts=artifacts,
        fetch=cancel_meanwhile,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits()),
    )
    job = started(store, RemoveBackground(sources=urls("a", "b")))
    assert handler.perform(job).status is JobStatus.CANCELLED
    assert fetched == ["http://host/a.png"]


def test_a_background_picture_is_obtained_once(store: JobStore, artifacts: ArtifactStore) -> None:
    fetched: list[str] = []

    def remember(url: str) -> bytes:
        fetched.append(url)
        return fetch(url)

    handler = Handler(
        store=store,
        artifacts=artifacts,
        fetch=remember,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits()),
    )
    command = RemoveBackground(
        sources=urls("a", "a"),
        background=Background(picture=urls("b")[0]),
        outputs=(Output(format=ImageFormat.JPEG),),
    )
    assert handler.perform(started(store, command)).status is JobStatus.SUCCEEDED
    assert fetched.count("http://host/b.png") == 1


@pytest.mark.parametrize("broken", ["put", "get"])
def test_a_store_without_room_is_no_fault_of_the_job(
    store: JobStore,
    artifacts: ArtifactStore,
    handler: Handler,
    broken: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    artifacts.put("inputs/x", photo(), media_type="")
    job = started(store, RemoveBackground(sources=(Source(artifact="inputs/x"),)))

    def away(*_: object, **__: object) -> bytes:
        raise Overloaded("Images cannot be stored or read now.", retry_after_s=60)

    monkeypatch.setattr(artifacts, broken, away)
    with pytest.raises(Overloaded):
        handler.perform(job)


def test_an_image_that_nobody_wants_any_more_is_not_stored(
    store: JobStore, artifacts: ArtifactStore
) -> None:
    def cancel_meanwhile(url: str) -> bytes:
        store.cancel(job.id)
        return PICTURES[url]

    handler = Handler(
        store=store,
        artifacts=artifacts,
        fetch=cancel_meanwhile,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits()),
    )
    job = started(store, RemoveBackground(sources=urls("a")))
    assert handler.perform(job).status is JobStatus.CANCELLED
    with pytest.raises(NotFound):
        artifacts.get(job.artifact_keys[0])


def test_who_fetches_holds_no_place_for_computing(
    store: JobStore, artifacts: ArtifactStore
) -> None:
    asked, answering = threading.Event(), threading.Event()

    def slow(url: str) -> bytes:
        asked.set()
        assert answering.wait(20)
        return PICTURES[url]

    handler = Handler(
        store=store,
        artifacts=artifacts,
        fetch=slow,
        remover=InProcessRemover(sessions=OneModel(), limits=ImagingLimits()),
        computing=1,
    )
    artifacts.put("inputs/x", photo(), media_type="")
    waits = started(store, RemoveBackground(sources=urls("a")))
    stored = started(store, RemoveBackground(sources=(Source(artifact="inputs/x"),)))
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(handler.perform, waits)
        assert asked.wait(20)
        assert handler.perform(stored).status is JobStatus.SUCCEEDED
        answering.set()
        assert waiting.result().status is JobStatus.SUCCEEDED
