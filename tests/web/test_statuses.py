"""The status and the headers of an error."""

import pytest

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    RequestConflict,
    SourceRejected,
)
from cutoutd.web.statuses import headers_of, status_of

TABLE = {InvalidRequest: 400, SourceRejected: 415, AuthenticationFailed: 401}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("No."), 400),
        (RequestConflict("No."), 400),
        (SourceRejected("No.", reason="corrupt"), 415),
        (AuthenticationFailed("No."), 401),
        (NotFound("No."), 500),
    ],
)
def test_a_kind_without_a_status_takes_that_of_the_nearest_above_it(
    error: CutoutError, status: int
) -> None:
    assert status_of(error, TABLE) == status


def test_too_many_bytes_have_a_status_of_their_own() -> None:
    error = SourceRejected("No.", reason="too_many_bytes")
    assert status_of(error, TABLE) == 413
    assert status_of(error, TABLE, too_large=400) == 400


def test_a_full_server_says_when_to_come_again() -> None:
    assert headers_of(Overloaded("Full.", retry_after_s=7)) == {"Retry-After": "7"}
    assert headers_of(NotFound("No.")) == {}
