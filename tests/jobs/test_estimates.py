"""When a job is likely to be done: work ahead, times measured time, by slots."""

import math

import pytest
from tests.jobs.samples import FakeClock, a_submission, succeeded

from cutoutd.command import Matting, MattingMode
from cutoutd.jobs.database import Database
from cutoutd.jobs.estimates import Estimator
from cutoutd.jobs.model import Estimate, Job, Outcome
from cutoutd.jobs.store import JobStore


@pytest.fixture
def estimator(database: Database) -> Estimator:
    return Estimator(database, slots=lambda: 2)


def performed(
    store: JobStore,
    clock: FakeClock,
    seconds: float,
    *,
    pictures: int = 1,
    model: str = "m",
    matting: Matting | None = None,
) -> Job:
    job = store.insert(a_submission(pictures=pictures, model=model, matting=matting))
    running = store.start(job.id, "w")
    assert running is not None
    clock.advance(seconds)
    return store.finish(running, succeeded())


def test_the_only_job_takes_what_a_picture_took(
    store: JobStore, estimator: Estimator, clock: FakeClock
) -> None:
    performed(store, clock, 3)
    performed(store, clock, 21, pictures=3)
    assert estimator.picture_ms("m") == 6000
    job = store.insert(a_submission(model="m"))
    assert estimator.estimate(job) == Estimate(eta_s=6, ahead=0)


def test_work_ahead_is_shared_by_the_slots(
    store: JobStore, estimator: Estimator, clock: FakeClock
) -> None:
    performed(store, clock, 4)
    for pictures in (1, 3):
        store.insert(a_submission(model="m", pictures=pictures))
    job = store.insert(a_submission(model="m"))
    assert estimator.estimate(job) == Estimate(eta_s=4 * 4 // 2 + 4, ahead=2)


def test_each_model_has_its_own_time(
    store: JobStore, estimator: Estimator, clock: FakeClock
) -> None:
    performed(store, clock, 2, model="quick")
    performed(store, clock, 20, model="slow")
    store.insert(a_submission(model="slow"))
    job = store.insert(a_submission(model="quick"))
    assert estimator.estimate(job) == Estimate(eta_s=12, ahead=1)


def test_what_runs_is_half_done(store: JobStore, estimator: Estimator, clock: FakeClock) -> None:
    performed(store, clock, 8)
    running = store.insert(a_submission(model="m"))
    started = store.start(running.id, "w")
    assert started is not None
    job = store.insert(a_submission(model="m"))
    assert estimator.estimate(job) == Estimate(eta_s=2 + 8, ahead=1)
    assert estimator.estimate(started) == Estimate(eta_s=8, ahead=0)


def test_who_is_behind_or_less_urgent_does_not_count(store: JobStore, estimator: Estimator) -> None:
    store.insert(a_submission(priority=-1))
    job = store.insert(a_submission())
    store.insert(a_submission())
    assert estimator.estimate(job).ahead == 0


def test_more_workers_elsewhere_are_seen_by_what_they_run(
    store: JobStore, estimator: Estimator, clock: FakeClock
) -> None:
    performed(store, clock, 10)
    for _ in range(4):
        assert store.start(store.insert(a_submission(model="m")).id, "w") is not None
    job = store.insert(a_submission(model="m"))
    assert estimator.estimate(job) == Estimate(eta_s=(4 * 5) // 4 + 10, ahead=4)


def test_a_job_that_has_ended_is_due(store: JobStore, estimator: Estimator) -> None:
    running = store.start(store.insert(a_submission()).id, "w")
    assert running is not None
    final = store.finish(running, Outcome(status=succeeded().status))
    assert estimator.estimate(final) == Estimate(eta_s=1, ahead=0)


def test_matting_has_a_time_of_its_own(
    store: JobStore, estimator: Estimator, clock: FakeClock
) -> None:
    performed(store, clock, 1)
    performed(store, clock, 8, matting=Matting(mode=MattingMode.EXACT))
    for _ in range(3):
        store.insert(a_submission(model="m", matting=Matting(mode=MattingMode.EXACT)))
    plain = store.insert(a_submission(model="m"))
    matted = store.insert(a_submission(model="m", matting=Matting(mode=MattingMode.EXACT)))
    assert estimator.estimate(plain) == Estimate(eta_s=3 * 8 // 2 + 1, ahead=3)
    assert estimator.estimate(matted) == Estimate(eta_s=math.ceil((3 * 8 + 1) / 2 + 8), ahead=4)


def test_matting_that_was_never_measured_is_expected_to_take_longer(
    store: JobStore, estimator: Estimator
) -> None:
    etas = [
        estimator.estimate(store.insert(a_submission(matting=matting, priority=priority))).eta_s
        for priority, matting in enumerate(
            (None, Matting(mode=MattingMode.FAST), Matting(mode=MattingMode.EXACT))
        )
    ]
    assert etas == [1, 2, 5]
