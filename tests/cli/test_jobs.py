import json
from pathlib import Path

import pytest
from tests.jobs.samples import a_submission
from typer.testing import CliRunner, Result

from cutoutd.cli import app
from cutoutd.errors import ConfigurationError, InvalidRequest, NotFound
from cutoutd.jobs.database import open_database
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.model import Failure, JobStatus, Outcome
from cutoutd.jobs.store import JobStore

FAILED = Outcome(status=JobStatus.FAILED, failure=Failure(code="processing_failed", message="No."))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a failed job (1, its webhook given up) and a waiting one (2)."""
    database = open_database("", tmp_path)
    store = JobStore(database, render_webhook=lambda _: b"{}")
    store.insert(a_submission(webhook="http://receiver.example/hook"))
    job = store.claim("bob")
    assert job is not None
    store.finish(job, FAILED)
    deliveries = DeliveryStore(database)
    delivery = deliveries.claim(lease_ms=1000)
    assert delivery is not None
    deliveries.park(delivery, status=500, error="HTTP 500")
    store.insert(a_submission())
    database.close()
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["jobs", *words])


def rows(*words: str) -> list[dict[str, object]]:
    answer = run(*words, "--json")
    assert answer.exit_code == 0, answer.output
    found: list[dict[str, object]] = json.loads(answer.stdout)
    return found


def test_the_list_says_why_a_job_failed(folder: Path) -> None:
    (line,) = rows("list", "--status", "failed")
    assert (line["id"], line["reason"]) == (1, "processing_failed: No.")


def test_the_list_is_for_people_unless_json_is_asked_for(folder: Path) -> None:
    assert "queued" in run("list").output


def test_a_status_that_does_not_exist_is_named_with_those_that_do(folder: Path) -> None:
    answer = run("list", "--status", "lost")
    assert answer.exit_code == 2
    assert "succeeded" in answer.output


def test_show_tells_everything_with_the_webhooks(folder: Path) -> None:
    whole = json.loads(run("show", "1").stdout)
    assert whole["status"] == "failed"
    assert whole["webhooks"][0]["state"] == "parked"


def test_a_failed_job_is_queued_again(folder: Path) -> None:
    assert run("retry", "1").exit_code == 0
    assert rows("list", "--status", "queued")[1]["id"] == 1


def test_a_waiting_job_is_not_retried(folder: Path) -> None:
    assert isinstance(run("retry", "2").exception, InvalidRequest)


def test_a_waiting_job_is_cancelled(folder: Path) -> None:
    assert "cancelled" in run("cancel", "2").output


def test_an_unknown_job_is_an_error_in_words(folder: Path) -> None:
    assert isinstance(run("show", "77").exception, NotFound)


def test_old_jobs_are_left_to_the_sweeper(folder: Path) -> None:
    assert "0 jobs" in run("purge", "--ended-before-hours", "1").output


def test_a_webhook_that_was_given_up_is_sent_again(folder: Path) -> None:
    (line,) = rows("webhooks", "list", "--state", "parked")
    assert line["last"] == "HTTP 500"
    assert run("webhooks", "replay", str(line["id"])).exit_code == 0
    assert rows("webhooks", "list", "--state", "parked") == []


def test_a_folder_that_is_no_servers_is_said_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTOUTD_DATA_DIR", str(tmp_path / "nowhere"))
    assert isinstance(run("list").exception, ConfigurationError)
    assert not (tmp_path / "nowhere").exists()
