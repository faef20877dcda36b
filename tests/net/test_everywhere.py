"""The hostile URLs again, where they really arrive: as a source, a background and a webhook."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.samples import FakeClock, a_submission, succeeded
from tests.net.hostile import HOSTILE, resolve

from cutoutd.command import Background, RemoveBackground, Source
from cutoutd.errors import ForbiddenAddress
from cutoutd.jobs.database import Database, open_database
from cutoutd.jobs.deliveries import DeliveryState, DeliveryStore
from cutoutd.jobs.model import Job, Submission
from cutoutd.jobs.store import JobStore
from cutoutd.jobs.webhooks import Deliverer, WebhookPolicy
from cutoutd.net.dial import guarded_client
from cutoutd.net.fetch import Fetcher
from cutoutd.net.limits import FetchLimits
from cutoutd.net.urls import parse_url
from cutoutd.removal.remover import Remover
from cutoutd.service.handler import Handler
from cutoutd.storage.__init__ import open_artifact_store

STRICT = FetchLimits(connect_s=0.5)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database("", tmp_path)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, render_webhook=lambda _: b"{}", clock=FakeClock())


class Untouched(Remover):
    """Nothing ever gets this far."""


def started(store: JobStore, command: RemoveBackground) -> Job:
    submission = Submission(
        client="ann",
        dialect="native",
        command=command,
        artifact_keys=(f"generations/{uuid.uuid4()}.png",),
        echo={},
        link_base="http://here",
    )
    job = store.start(store.insert(submission).id, "w")
    assert job is not None
    return job


@pytest.mark.parametrize("place", ["source", "background"])
def test_no_job_fetches_from_a_hostile_url(store: JobStore, tmp_path: Path, place: str) -> None:
    handler = Handler(
        store=store,
        artifacts=open_artifact_store("", tmp_path),
        fetch=Fetcher(STRICT, resolve=resolve).fetch,
        remover=Untouched(),
    )
    for url in HOSTILE:
        hostile = Source(url=url.encode(errors="replace").decode())
        background = Background(picture=hostile) if place == "background" else None
        source = hostile if place == "source" else Source(artifact="inputs/1")
        job = started(store, RemoveBackground(sources=(source,), background=background))
        failure = handler.perform(job).failure
        assert failure is not None, url
        assert failure.reason == "forbidden_address", url


def accepted(url: str) -> bool:
    """Whether a dialect takes it as a webhook: it refuses most spellings with this check."""
    try:
        return bool(parse_url(url, field="webhook"))
    except ForbiddenAddress:
        return False


def test_no_webhook_is_sent_to_a_hostile_url(store: JobStore, database: Database) -> None:
    deliveries = DeliveryStore(database, clock=FakeClock())
    deliverer = Deliverer(
        deliveries,
        lambda: guarded_client(STRICT, resolve=resolve),
        policy=WebhookPolicy(per_host=64, per_client=64),
    )
    urls = [url for url in HOSTILE if accepted(url)]
    assert len(urls) > 90
    for url in urls:
        job = store.start(store.insert(a_submission(webhook=url)).id, "w")
        assert job is not None
        store.finish(job, succeeded())
    deliverer.start()
    until = time.monotonic() + 60
    while len(parked := deliveries.find(state=DeliveryState.PARKED, limit=1000)) < len(urls):
        assert time.monotonic() < until, {one.url for one in parked} ^ set(urls)
        time.sleep(0.05)
    deliverer.stop()
    assert {one.last_status for one in parked} == {None}
