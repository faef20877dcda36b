"""What happens to a caller's job when the caller hangs up."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.service.test_service import PATIENCE_S, Place

from cutoutd.jobs.limits import JobLimits
from cutoutd.jobs.model import JobStatus
from cutoutd.web.callers import Caller

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, JobLimits(min_free_bytes=0))
    yield made
    made.close()


def caller(place: Place, *, gone: bool) -> Caller:
    async def has_hung_up() -> bool:
        return gone

    context: Any = SimpleNamespace(service=place.service)
    links: Any = None
    return Caller("ann", context, links, has_hung_up)


async def test_work_is_dropped_when_its_caller_hangs_up_before_it_began(place: Place) -> None:
    await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    job = await place.submit()
    await caller(place, gone=True).wait(job, PATIENCE_S)
    assert (await place.service.get(job.id, "ann")).status is JobStatus.CANCELLED


async def test_work_that_has_begun_goes_on_without_its_caller(place: Place) -> None:
    job = await place.submit()
    assert place.begun.acquire(timeout=PATIENCE_S)
    await caller(place, gone=True).wait(job, PATIENCE_S)
    assert (await place.service.get(job.id, "ann")).status is JobStatus.RUNNING


async def test_a_caller_who_stays_is_waited_for_until_the_time_is_over(place: Place) -> None:
    job = await place.submit()
    waited = await caller(place, gone=False).wait(job, 0.05)
    assert not waited.status.final
    place.opened.set()
    waited = await caller(place, gone=False).wait(job, PATIENCE_S)
    assert waited.status is JobStatus.SUCCEEDED


async def test_nobody_waits_when_the_process_has_no_time(place: Place) -> None:
    job = await place.submit()
    place.service.release()
    assert not (await caller(place, gone=False).wait(job, PATIENCE_S)).status.final
