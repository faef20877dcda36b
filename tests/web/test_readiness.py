"""What readiness says, and what it does not depend on."""

from collections.abc import Callable, Sequence

import pytest

from cutoutd.errors import Overloaded
from cutoutd.jobs.census import Census
from cutoutd.jobs.model import JobStatus
from cutoutd.loops import Loop
from cutoutd.segmentation.models import LoadedModel
from cutoutd.web.readiness import Readiness

MODEL = LoadedModel("small", "cpu", "Apache-2.0")


def census(waiting: int = 0) -> Census:
    jobs = dict.fromkeys(JobStatus, 0) | {JobStatus.QUEUED: waiting}
    return Census(jobs=jobs, deliveries={}, oldest_waiting_ms=0)


def readiness(
    count: Callable[[], Census] = census,
    free: Callable[[], int | None] = lambda: 10**12,
    models: Sequence[LoadedModel] = (MODEL,),
    loops: Sequence[Loop] = (),
) -> Readiness:
    return Readiness(
        census=count,
        models=lambda: models,
        free_bytes=free,
        waiting_limit=5,
        min_free_bytes=1000,
        loops=loops,
    )


def details(given: Readiness) -> dict[str, str]:
    return {check.name: check.detail for check in given.checks()}


def test_a_full_queue_is_told_and_finished_work_is_still_given_out() -> None:
    full = readiness(lambda: census(5))
    assert full.ready()
    assert details(full)["queue"] == "5 of at most 5 jobs wait"


def test_a_full_disk_is_told_and_finished_work_is_still_given_out() -> None:
    full = readiness(free=lambda: 0)
    assert full.ready()
    assert "full" in details(full)["storage"]


@pytest.mark.parametrize("error", [Overloaded("away", retry_after_s=1), ValueError("malformed")])
def test_whatever_the_store_raises_is_an_answer(error: Exception) -> None:
    def broken() -> Census:
        raise error

    given = readiness(broken)
    assert not given.ready()
    assert details(given)["store"] == "the database does not answer"


def test_a_server_without_a_model_is_not_ready() -> None:
    assert not readiness(models=()).ready()


def test_it_names_the_loop_that_is_behind() -> None:
    now = [0.0]
    keys, sweeper = (Loop(name, every_s=1, clock=lambda: now[0]) for name in ("keys", "sweeper"))
    keys.begin()
    given = readiness(loops=(keys, sweeper))
    assert given.ready()
    now[0] = 100.0
    assert not given.ready()
    assert details(given)["loops"] == "behind: keys for 100 s"
