"""What the web side needs from the rest of the process, as one frozen value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from cutoutd.clients.clients import Clients
from cutoutd.clients.quotas import Quotas
from cutoutd.jobs.census import Census
from cutoutd.jobs.deliveries import DeliveryStore
from cutoutd.jobs.dispatch import Dispatcher
from cutoutd.jobs.records import JobRecords
from cutoutd.segmentation.sessions import Sessions
from cutoutd.service.service import Service
from cutoutd.storage.store import ArtifactStore
from cutoutd.web.links import LinkPolicy, Links
from cutoutd.web.metrics import Metrics
from cutoutd.web.readiness import Readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once by `runtime`, hung on the application, read by routes."""

    service: Service
    artifacts: ArtifactStore
    clients: Clients
    quotas: Quotas
    link_policy: LinkPolicy
    sync_wait_s: float
    max_body_bytes: int
    max_source_bytes: int
    max_pixels: int
    max_images: int
    """How many pictures one request may bring."""
    modelslab_status_codes: bool
    """Answer this vendor's errors with real HTTP status codes instead of 200."""
    readiness: Readiness
    default_keep_s: int
    temp_keep_s: int
    sessions: Sessions
    """The models: which are known, and which a request may use."""
    records: JobRecords
    census: Callable[[], Census]
    deliveries: DeliveryStore
    dispatcher: Dispatcher
    metrics: Metrics
    metrics_open: bool
    """Answer /metrics without a key, also when there are keys."""


def context_of(request: Request) -> Context:
    """The context of the application that serves this request."""
    return cast("Context", request.app.state.context)


def links_of(request: Request) -> Links:
    """Links as this caller needs them."""
    context = context_of(request)
    return Links(context.link_policy.base_for(request), context.artifacts)


ContextDep = Annotated[Context, Depends(context_of)]
LinksDep = Annotated[Links, Depends(links_of)]
