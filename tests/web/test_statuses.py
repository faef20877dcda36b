"""The status and the headers of an error."""

import pytest

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProcessingFailed,
    RequestConflict,
    SourceRejected,
    UnsupportedEncoding,
)
from cutoutd.web.statuses import headers_of, status_of

OWN = {InvalidRequest: 422, SourceRejected: 415}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("No."), 422),
        (RequestConflict("No."), 422),
        (SourceRejected("No.", reason="corrupt"), 415),
        (UnsupportedEncoding("br"), 415),
        (AuthenticationFailed("No."), 401),
        (PermissionDenied("No."), 403),
        (ProcessingFailed("No."), 500),
    ],
)
def test_a_status_is_the_dialects_own_or_the_usual_one_of_the_nearest_kind(
    error: CutoutError, status: int
) -> None:
    assert status_of(error, OWN) == status


def test_too_many_bytes_have_a_status_of_their_own() -> None:
    error = SourceRejected("No.", reason="too_many_bytes")
    assert status_of(error, OWN) == 413
    assert status_of(error, OWN, too_large=400) == 400


def test_a_full_server_says_when_to_come_again() -> None:
    assert headers_of(Overloaded("Full.", retry_after_s=7)) == {"Retry-After": "7"}
    assert headers_of(NotFound("No.")) == {}


def test_whoever_is_not_known_is_told_how_to_say_who_they_are() -> None:
    assert headers_of(AuthenticationFailed("Who?")) == {"WWW-Authenticate": "Bearer"}
    assert headers_of(PermissionDenied("Not you.")) == {}
