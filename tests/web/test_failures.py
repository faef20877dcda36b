"""A stored failure is the error it once was."""

from dataclasses import replace

import pytest
from tests.examples import JOB

from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    JobCancelled,
    Overloaded,
    ProcessingFailed,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Failure, Job, JobStatus, Outcome
from cutoutd.web.failures import error_of


def failed(**failure: str | None) -> Job:
    values = {"message": "Sorry.", **failure}
    outcome = Outcome(status=JobStatus.FAILED, failure=Failure(**values))  # type: ignore[arg-type]
    return replace(JOB, status=JobStatus.FAILED, outcome=outcome)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("source_rejected", SourceRejected),
        ("source_unreachable", SourceUnreachable),
        ("invalid_request", InvalidRequest),
        ("overloaded", Overloaded),
        ("cancelled", JobCancelled),
        ("processing_failed", ProcessingFailed),
        ("a code of a newer version", ProcessingFailed),
    ],
)
def test_the_code_says_which_error_it_was(code: str, kind: type[CutoutError]) -> None:
    error = error_of(failed(code=code), field="photo")
    assert type(error) is kind
    assert error.message == str(error) == "Sorry."


def test_a_rejected_source_keeps_its_reason_under_the_vendors_name_of_the_picture() -> None:
    error = error_of(failed(code="source_rejected", reason="truncated"), field="photo")
    assert isinstance(error, SourceRejected)
    assert (error.field, error.reason) == ("photo", "truncated")


def test_a_cancelled_job_is_a_cancelled_job() -> None:
    cancelled = replace(JOB, status=JobStatus.CANCELLED, outcome=None)
    assert isinstance(error_of(cancelled, field="photo"), JobCancelled)
