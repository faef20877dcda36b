"""`cutoutd jobs`: what is queued, what failed and why, which webhooks are owed."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from cutoutd.jobs.deliveries import Delivery
    from cutoutd.jobs.model import Job
    from cutoutd.server.work import Work

app = typer.Typer(help="Look at jobs and webhooks, and act on them.", no_args_is_help=True)
webhooks = typer.Typer(help="Webhooks that are owed, and those given up.", no_args_is_help=True)
app.add_typer(webhooks, name="webhooks")

AS_JSON = typer.Option(False, "--json", help="Print JSON.")
LIMIT = typer.Option(50, "--limit", "-n", min=1, max=10_000, help="At most so many.")
JOB_ID = typer.Argument(help="The number of a job.")


@app.command("list")
def list_jobs(
    *,
    status: str | None = typer.Option(
        None, help="queued, running, succeeded, failed or cancelled. [all of them]"
    ),
    limit: int = LIMIT,
    as_json: bool = AS_JSON,
) -> None:
    """Show the newest jobs, with the reasons of those that failed."""
    from cutoutd.jobs.model import JobStatus
    from cutoutd.jobs.records import JobRecords

    if status is not None and status not in list(JobStatus):
        raise typer.BadParameter(f"one of {', '.join(JobStatus)}", param_hint="--status")
    wanted = None if status is None else JobStatus(status)
    with _opened() as work:
        found = [
            _job_row(job) for job in JobRecords(work.database).find(status=wanted, limit=limit)
        ]
    _show(found, as_json=as_json)


@app.command()
def show(*, job_id: int = JOB_ID) -> None:
    """Print everything about one job, as JSON."""
    from cutoutd.jobs.deliveries import DeliveryStore

    with _opened() as work:
        job = work.store.get(job_id)
        owed = DeliveryStore(work.database).find(job_id=job_id)
    whole = {**asdict(job), "webhooks": [_delivery_row(one) for one in owed]}
    typer.echo(json.dumps(whole, indent=2, default=str))


@app.command()
def retry(*, job_id: int = JOB_ID) -> None:
    """Queue a failed or cancelled job again; its links stay the same."""
    from cutoutd.jobs.records import JobRecords

    with _opened() as work:
        JobRecords(work.database).retry(job_id, enlist=work.dispatcher.enlist)
    typer.echo(f"Job {job_id} is queued.")


@app.command()
def cancel(*, job_id: int = JOB_ID) -> None:
    """End a job that has not ended."""
    with _opened() as work:
        job = work.store.cancel(job_id)
    typer.echo(f"Job {job_id} is {job.status}.")


@app.command()
def purge(
    *, hours: float = typer.Option(..., "--ended-before-hours", min=0, help="Ended longer ago.")
) -> None:
    """Forget jobs that ended long ago, with their pictures: the sweeper takes them next."""
    from cutoutd.jobs.model import now_ms
    from cutoutd.jobs.records import JobRecords

    with _opened() as work:
        count = JobRecords(work.database).expire(ended_before=now_ms() - int(hours * 3_600_000))
    typer.echo(f"{count} jobs are left to the sweeper.")


@webhooks.command("list")
def list_webhooks(
    *,
    state: str | None = typer.Option(None, help="pending, delivered or parked. [all of them]"),
    limit: int = LIMIT,
    as_json: bool = AS_JSON,
) -> None:
    """Show the newest webhooks; parked ones were given up."""
    from cutoutd.jobs.deliveries import DeliveryState, DeliveryStore

    if state is not None and state not in list(DeliveryState):
        raise typer.BadParameter(f"one of {', '.join(DeliveryState)}", param_hint="--state")
    wanted = None if state is None else DeliveryState(state)
    with _opened() as work:
        found = DeliveryStore(work.database).find(state=wanted, limit=limit)
    _show([_delivery_row(one) for one in found], as_json=as_json)


@webhooks.command()
def replay(*, delivery_id: int = typer.Argument(help="The number of a webhook.")) -> None:
    """Send a webhook again, with its attempts counted anew."""
    from cutoutd.jobs.deliveries import DeliveryStore

    with _opened() as work:
        DeliveryStore(work.database).replay(delivery_id)
    typer.echo(f"Webhook {delivery_id} is due now.")


@contextmanager
def _opened() -> "Iterator[Work]":
    """The configured server's stores, also while it runs; no work is begun here."""
    from cutoutd.errors import ConfigurationError
    from cutoutd.server.settings import load_settings
    from cutoutd.server.work import is_scaled, open_work

    settings = load_settings()
    if not is_scaled(settings) and not settings.data_dir.is_dir():
        raise ConfigurationError(
            f"There is no data folder {settings.data_dir}; set CUTOUTD_DATA_DIR to the server's."
        )
    with ExitStack() as opened:
        yield open_work(settings, opened, works_here=False)


def _job_row(job: "Job") -> dict[str, Any]:
    failure = job.outcome.failure if job.outcome else None
    return {
        "id": job.id,
        "status": job.status.value,
        "client": job.client,
        "dialect": job.dialect,
        "created": _moment(job.created_at),
        "attempt": job.attempt,
        "reason": f"{failure.code}: {failure.message}" if failure else "",
    }


def _delivery_row(delivery: "Delivery") -> dict[str, Any]:
    return {
        "id": delivery.id,
        "state": delivery.state.value,
        "job": delivery.job_id,
        "host": delivery.host,
        "attempts": delivery.attempts,
        "next": _moment(delivery.next_at) if delivery.state == "pending" else "",
        "last": delivery.last_error or str(delivery.last_status or ""),
    }


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo("None.")
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)
