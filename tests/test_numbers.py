"""A number that a page repeats is the code's own."""

import re
from pathlib import Path

import pytest

from cutoutd import errors
from cutoutd.cli.connections import ConnectionLimits
from cutoutd.jobs.webhooks import WebhookPolicy
from cutoutd.net.limits import FetchLimits
from cutoutd.server.settings import Settings
from cutoutd.web.errors import STATUSES

DOCS = Path(__file__).parents[1] / "docs"
WEBHOOKS, FETCH, CONNECTIONS = WebhookPolicy(), FetchLimits(), ConnectionLimits()


def span(seconds: float) -> str:
    """Seconds as the pages write them: `5 s`, `30 min`, `2 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


SCHEDULE = [span(wait) for wait in WEBHOOKS.schedule_s]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("jobs", f"tried again after {', '.join(SCHEDULE[:-1])} and {SCHEDULE[-1]}"),
        ("jobs", f"2xx within {span(WEBHOOKS.attempt_s)}"),
        ("jobs", f"more than {WEBHOOKS.per_host} and no client more than {WEBHOOKS.per_client}"),
        ("jobs", f"of the {WEBHOOKS.concurrency} deliveries"),
        ("threat-model", f"{span(FETCH.connect_s)} to connect, {span(FETCH.first_byte_s)} of"),
        ("threat-model", f"at most {FETCH.max_redirects} redirects"),
        ("threat-model", "ports {}, {}, {} and {} of".format(*FETCH.ports)),
        ("threat-model", f"the head of its request takes {span(CONNECTIONS.head_s)}"),
        ("architecture", "a file has at most 300 lines, a function at most 45"),
        ("CONTRIBUTING", "A file has at most 300 lines and a function 45"),
    ],
)
def test_a_number_in_a_sentence_is_the_codes(page: str, said: str) -> None:
    assert said in (DOCS / f"{page}.md").read_text().replace("\n", " ")


@pytest.mark.parametrize("page", ["jobs"])
def test_a_default_in_a_table_is_the_settings(page: str) -> None:
    rows = re.findall(r"\| `CUTOUTD_(\w+)` \| (\S+) \|", (DOCS / f"{page}.md").read_text())
    assert rows
    for name, default in rows:
        assert default == str(Settings.model_fields[name.lower()].default)


@pytest.mark.parametrize("kind", STATUSES)
def test_a_status_in_the_table_of_errors_is_what_v1_answers(
    kind: type[errors.CutoutError],
) -> None:
    row = re.search(rf"\| `{kind.code}` \| ([\d, ]+) \|", (DOCS / "errors.md").read_text())
    assert row
    assert str(STATUSES[kind]) in row[1].split(", ")
