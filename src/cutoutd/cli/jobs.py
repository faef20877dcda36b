"""`cutoutd jobs`: what is queued, what failed and why, which webhooks are owed."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from cutoutd.cli.tables import print_table

if TYPE_CHECKING:
    from cutoutd.jobs.deliveries import Delivery
    from cutoutd.jobs.model import Job
    from cutoutd.server.config import Config
    from cutoutd.server.stores import Stores

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

    if status is not None and status not in list(JobStatus):
        raise typer.BadParameter(f"one of {', '.join(JobStatus)}", param_hint="--status")
    wanted = None if status is None else JobStatus(status)
    with _opened(_config()) as stores:
        found = [_job_row(job) for job in stores.records.find(status=wanted, limit=limit)]
    _show(found, as_json=as_json)


@app.command()
def show(*, job_id: int = JOB_ID) -> None:
    """Print everything about one job, as JSON."""
    with _opened(_config()) as stores:
        job = stores.jobs.get(job_id)
        owed = stores.deliveries.find(job_id=job_id)
    whole = {**asdict(job), "webhooks": [_delivery_row(one) for one in owed]}
    typer.echo(json.dumps(whole, indent=2, default=str))


@app.command()
def retry(*, job_id: int = JOB_ID) -> None:
    """Queue a failed or cancelled job again; its links stay the same."""
    from cutoutd.server.stores import open_dispatcher

    config = _config()
    with _opened(config) as stores:
        stores.records.retry(job_id, enlist=open_dispatcher(config, stores).enlist)
    typer.echo(f"Job {job_id} is queued.")


@app.command()
def cancel(*, job_id: int = JOB_ID) -> None:
    """End a job that has not ended."""
    with _opened(_config()) as stores:
        job = stores.jobs.cancel(job_id)
    typer.echo(f"Job {job_id} is {job.status}.")


@app.command()
def purge(
    *, hours: float = typer.Option(..., "--ended-before-hours", min=0, help="Ended longer ago.")
) -> None:
    """Forget jobs that ended long ago, with their images: the sweeper takes them next."""
    from cutoutd.jobs.model import now_ms

    with _opened(_config()) as stores:
        count = stores.records.expire(ended_before=now_ms() - int(hours * 3_600_000))
    typer.echo(f"{count} jobs are left to the sweeper.")


@webhooks.command("list")
def list_webhooks(
    *,
    state: str | None = typer.Option(None, help="pending, delivered or parked. [all of them]"),
    limit: int = LIMIT,
    as_json: bool = AS_JSON,
) -> None:
    """Show the newest webhooks; parked ones were given up."""
    from cutoutd.jobs.deliveries import DeliveryState

    if state is not None and state not in list(DeliveryState):
        raise typer.BadParameter(f"one of {', '.join(DeliveryState)}", param_hint="--state")
    wanted = None if state is None else DeliveryState(state)
    with _opened(_config()) as stores:
        found = stores.deliveries.find(state=wanted, limit=limit)
    _show([_delivery_row(one) for one in found], as_json=as_json)


@webhooks.command()
def replay(*, delivery_id: int = typer.Argument(help="The number of a webhook.")) -> None:
    """Send a webhook again, with its attempts counted anew."""
    with _opened(_config()) as stores:
        stores.deliveries.replay(delivery_id)
    typer.echo(f"Webhook {delivery_id} is due now.")


def _config() -> "Config":
    """Raises ConfigurationError if there is no such server to look at."""
    from cutoutd.errors import ConfigurationError
    from cutoutd.server.config import config_of
    from cutoutd.server.settings import load_settings

    config = config_of(load_settings())
    if not config.scaled and not config.data_dir.is_dir():
        raise ConfigurationError(
            f"There is no data folder {config.data_dir}; set CUTOUTD_DATA_DIR to the server's."
        )
    return config


@contextmanager
def _opened(config: "Config") -> "Iterator[Stores]":
    """The configured server's stores, also while it runs; no work is begun here."""
    from cutoutd.server.stores import open_stores

    with ExitStack() as opened:
        yield open_stores(config, opened)


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
    if not rows:
        typer.echo("None.")
        return
    print_table(tuple(rows[0]), (tuple(row.values()) for row in rows))
