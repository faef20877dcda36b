"""What the operator's page asks: all clients' jobs and webhooks, behind a key that may operate."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from cutoutd.clients.keys import Scope
from cutoutd.jobs.deliveries import DeliveryState
from cutoutd.jobs.model import Job, JobStatus
from cutoutd.web.depends import ContextDep
from cutoutd.web.dialects.base import in_dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.presented_key import presented_key

PAGE = 50

MAX_ID = 2**63 - 1

Limit = Annotated[int, Query(ge=1, le=500)]
Id = Annotated[int, Path(ge=0, le=MAX_ID)]


def may_operate(request: Request, context: ContextDep) -> None:
    """Raises AuthenticationFailed for a key that lacks the scope `operate`."""
    context.clients.authenticate(presented_key(request), Scope.OPERATE)


router = APIRouter(
    prefix="/v1/operate",
    route_class=in_dialect(render_problem),
    dependencies=[Depends(may_operate)],
    tags=["Operate"],
)


class Overview(BaseModel):
    """How much there is of what."""

    jobs: dict[JobStatus, int]
    deliveries: dict[str, int]
    oldest_waiting_s: float


class JobLine(BaseModel):
    """One job, without its images: those are its client's."""

    id: int
    status: JobStatus
    client: str
    dialect: str
    attempt: int
    worker: str | None
    created_at: datetime
    took_ms: int | None = Field(description="From start to end; null before")
    reason: str | None = Field(description="Why it failed")


class JobPage(BaseModel):
    """The newest jobs first."""

    jobs: list[JobLine]
    next_before: int | None = Field(description="`before` of the next page; null on the last one")


class DeliveryLine(BaseModel):
    """One webhook; its URL may hold a secret, so only the host is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    webhook_id: str
    state: DeliveryState
    job_id: int
    host: str
    attempts: int
    last_status: int | None
    last_error: str | None


class DeliveryList(BaseModel):
    """The newest webhooks first."""

    deliveries: list[DeliveryLine]


@router.get("/overview", operation_id="operateGetOverview")
async def overview(context: ContextDep) -> Overview:
    """Count jobs by status and webhooks by state."""
    census = await context.operator.census()
    return Overview(
        jobs=dict(census.jobs),
        deliveries=dict(census.deliveries),
        oldest_waiting_s=census.oldest_waiting_ms / 1000,
    )


@router.get("/jobs", operation_id="operateListJobs")
async def jobs(
    context: ContextDep,
    status: JobStatus | None = None,
    before: Annotated[int, Query(ge=0, le=MAX_ID)] | None = None,
    limit: Limit = PAGE,
) -> JobPage:
    """List jobs of all clients."""
    found = await context.operator.jobs(status=status, before=before, limit=limit)
    more = found[-1].id if len(found) == limit else None
    return JobPage(jobs=[_job(job) for job in found], next_before=more)


@router.post("/jobs/{job_id}/retry", operation_id="operateRetryJob")
async def retry(job_id: Id, context: ContextDep) -> JobLine:
    """Queue a failed or cancelled job again; its links stay the same."""
    return _job(await context.operator.retry(job_id))


@router.delete("/jobs/{job_id}", operation_id="operateCancelJob")
async def cancel(job_id: Id, context: ContextDep) -> JobLine:
    """Cancel any client's job; one that has ended stays as it is."""
    return _job(await context.operator.cancel(job_id))


@router.get("/deliveries", operation_id="operateListDeliveries")
async def deliveries(
    context: ContextDep, state: DeliveryState | None = None, limit: Limit = PAGE
) -> DeliveryList:
    """List webhooks of all clients."""
    found = await context.operator.deliveries(state=state, limit=limit)
    return DeliveryList(deliveries=[DeliveryLine.model_validate(one) for one in found])


@router.post("/deliveries/{delivery_id}/replay", operation_id="operateReplayDelivery")
async def replay(delivery_id: Id, context: ContextDep) -> DeliveryLine:
    """Send a webhook again, with its attempts counted anew."""
    return DeliveryLine.model_validate(await context.operator.replay(delivery_id))


def _job(job: Job) -> JobLine:
    failure = job.outcome.failure if job.outcome else None
    started, finished = job.started_at, job.finished_at
    return JobLine(
        id=job.id,
        status=job.status,
        client=job.client,
        dialect=job.dialect,
        attempt=job.attempt,
        worker=job.worker,
        created_at=datetime.fromtimestamp(job.created_at / 1000, UTC),
        took_ms=finished - started if started and finished else None,
        reason=f"{failure.code}: {failure.message}" if failure else None,
    )
