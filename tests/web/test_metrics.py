from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.jobs.samples import a_submission, succeeded

from cutoutd.command import RemoveBackground
from cutoutd.errors import Overloaded
from cutoutd.jobs.census import Census
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome
from cutoutd.jobs.turns import UNFINISHED
from cutoutd.loops import Loop
from cutoutd.segmentation.models import LoadedModel
from cutoutd.web.metrics import Metrics
from cutoutd.web.readiness import Readiness

CENSUS = Census(
    jobs=dict.fromkeys(UNFINISHED, 3),
    deliveries={"pending": 0, "parked": 2},
    oldest_waiting_ms=1500,
)


def a_final_job(outcome: Outcome) -> Job:
    submission = a_submission()
    assert isinstance(submission.command, RemoveBackground)
    return Job(
        id=1,
        client="ann",
        dialect="native",
        command=submission.command,
        artifact_keys=submission.artifact_keys,
        echo={},
        link_base="http://here",
        status=outcome.status,
        attempt=1,
        worker="bob",
        priority=0,
        created_at=1000,
        started_at=2000,
        finished_at=2500,
        expires_at=None,
        outcome=outcome,
    )


def a_process(census: Callable[[], Census] = lambda: CENSUS) -> Readiness:
    """How a process whose database says this is doing."""
    return Readiness(
        census=census,
        models=lambda: [LoadedModel("cutoutd-small", "cpu", "Apache-2.0")],
        free_bytes=lambda: 10**9,
        waiting_limit=1000,
        min_free_bytes=0,
        loops=[Loop("keys", every_s=2)],
    )


def text_of(census: Callable[[], Census]) -> list[str]:
    """The metrics of a process whose database says this."""
    metrics = Metrics()
    metrics.read(a_process(census), slots=3, memory_bytes=2**31)
    return lines(metrics)


def lines(metrics: Metrics) -> list[str]:
    return metrics.text().decode().splitlines()


def test_a_finished_job_counts_with_its_waiting_and_working_time() -> None:
    metrics = Metrics()
    metrics.observe_job(replace(a_final_job(succeeded())))
    text = lines(metrics)
    assert 'cutoutd_jobs_ended_total{code="",dialect="native",status="succeeded"} 1.0' in text
    assert 'cutoutd_job_seconds_sum{model="analytic",provider=""} 0.5' in text
    assert "cutoutd_job_wait_seconds_sum 1.0" in text
    assert 'cutoutd_stage_seconds_sum{stage="segment"} 0.0015' in text


def test_a_failed_job_counts_under_its_reason() -> None:
    metrics = Metrics()
    failure = Failure(code="source_unreachable", message="No.")
    metrics.observe_job(a_final_job(Outcome(status=JobStatus.FAILED, failure=failure)))
    assert (
        'cutoutd_jobs_ended_total{code="source_unreachable",dialect="native",status="failed"} 1.0'
        in lines(metrics)
    )


@pytest.mark.parametrize(
    "line",
    [
        'cutoutd_jobs{status="queued"} 3.0',
        'cutoutd_deliveries{state="parked"} 2.0',
        'cutoutd_deliveries{state="pending"} 0.0',
        "cutoutd_oldest_waiting_job_seconds 1.5",
        "cutoutd_ready 1.0",
        "cutoutd_slots 3.0",
        'cutoutd_model_info{licence="Apache-2.0",model="cutoutd-small",provider="cpu"} 1.0',
    ],
)
def test_states_are_read_when_somebody_looks(line: str) -> None:
    assert line in text_of(lambda: CENSUS)


def test_a_database_that_is_away_takes_only_its_own_numbers_with_it() -> None:
    def away() -> Census:
        raise Overloaded("The database is away.", retry_after_s=1)

    text = "\n".join(text_of(away))
    assert "cutoutd_ready 0.0" in text
    assert "cutoutd_jobs{" not in text
