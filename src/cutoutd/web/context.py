"""What the web side needs from the rest of the process, as one frozen value."""

from dataclasses import dataclass

from cutoutd.clients.clients import Clients
from cutoutd.clients.quotas import Quotas
from cutoutd.service.catalogue import Catalogue
from cutoutd.service.operator import Operator
from cutoutd.service.service import Service
from cutoutd.web.metrics import Metrics
from cutoutd.web.options import WebOptions
from cutoutd.web.readiness import Readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once by `server.wiring`, hung on the application, read by routes."""

    options: WebOptions
    service: Service
    operator: Operator
    clients: Clients
    quotas: Quotas
    readiness: Readiness
    models: Catalogue
    metrics: Metrics
