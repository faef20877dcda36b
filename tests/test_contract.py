"""Every operation of the API description, asked with what schemathesis makes of it."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import ignored_auth

DESCRIPTION = schemathesis.openapi.from_path(Path(__file__).parent.parent / "openapi.yaml")
OPERATIONS = [found.ok() for found in DESCRIPTION.get_all_operations()]
ENDLESS = "/events"
MAIN = "/api/v6/image_editing/"

quick = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def of(*, below: str = "/") -> Any:
    """The operations whose paths begin so, one test each."""
    chosen = [one for one in OPERATIONS if one.path.startswith(below)]
    chosen = [one for one in chosen if not one.path.endswith(ENDLESS)]
    return pytest.mark.parametrize("operation", chosen, ids=[one.label for one in chosen])


@of()
def test_no_request_made_from_the_description_is_answered_by_a_server_error(
    operation: Any, server: str
) -> None:
    @quick
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        case.call_and_validate(base_url=server, checks=[not_a_server_error], timeout=60)

    ask()


@of(below=MAIN)
def test_the_main_job_answers_as_its_description_says(operation: Any, server: str) -> None:
    @quick
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        # The server of the tests is open, as one without keys is to its own machine.
        case.call_and_validate(base_url=server, excluded_checks=[ignored_auth], timeout=60)

    ask()
