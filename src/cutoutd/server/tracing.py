"""OpenTelemetry traces: a request, the job it became, and the stages of the work.

The extra `otel`, off unless asked for, and the only file that imports it. Where spans go and what
the service is called is said by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_SERVICE_NAME`). A job remembers the request that it came from, so its trace is whole also
when another machine works on it.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cutoutd.errors import ConfigurationError
from cutoutd.jobs.model import Job, Json

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span
    from starlette.types import ASGIApp

CARRIED: Final = "trace"
"""Under it a job keeps the headers of W3C Trace Context (`traceparent`)."""
QUIET: Final = "/livez,/readyz,/metrics"
WITH_QUERY: Final = frozenset(("http.url", "http.target", "url.full"))
QUERY: Final = "url.query"
"""Attributes by OpenTelemetry's conventions, older and newer."""
NANOSECONDS: Final = 1_000_000
"""In a millisecond."""


class Tracing:
    """Makes spans of requests and of jobs that have ended."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("cutoutd")

    def around(self, app: "ASGIApp") -> "ASGIApp":
        """The application with a span for every request, but those that probes make."""
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
        from opentelemetry.util.http import parse_excluded_urls

        return OpenTelemetryMiddleware(
            app,
            excluded_urls=parse_excluded_urls(QUIET),
            tracer_provider=self._provider,
            exclude_spans=["receive", "send"],
            server_request_hook=_without_query,
        )

    def carried(self) -> Mapping[str, Json]:
        """What a job has to remember of the request that is being answered."""
        from opentelemetry.propagate import inject

        headers: dict[str, Json] = {}
        inject(headers)
        return {CARRIED: headers} if headers else {}

    def observe_job(self, job: Job) -> None:
        """A job has ended in this process: its span, its wait, and a span for each stage."""
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        headers = job.echo.get(CARRIED)
        span = self._tracer.start_span(
            "job",
            context=extract(headers if isinstance(headers, dict) else {}),
            kind=SpanKind.CONSUMER,
            attributes={key: value for key, value in _facts(job) if value is not None},
            start_time=job.created_at * NANOSECONDS,
        )
        if job.outcome and job.outcome.failure:
            span.set_status(Status(StatusCode.ERROR, job.outcome.failure.code))
        inside = set_span_in_context(span)
        for name, start, end in _parts(job):
            part = self._tracer.start_span(name, context=inside, start_time=start)
            part.end(end)
        span.end((job.finished_at or job.created_at) * NANOSECONDS)

    def close(self) -> None:
        """Send what has not been sent."""
        self._provider.shutdown()


def open_tracing(*, wanted: bool) -> Tracing | None:
    """Tracing over OTLP, where it is wanted. Raises ConfigurationError without the extra."""
    if not wanted:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        raise ConfigurationError("CUTOUTD_TRACING needs: pip install cutoutd[otel].") from exc
    named = Resource({"service.name": "cutoutd"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=named)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


def _without_query(span: "Span", _: Mapping[str, Any]) -> None:
    """Queries hold keys and addresses of images, which are nobody else's business."""
    attributes = getattr(span, "attributes", None) or {}
    for name in WITH_QUERY & attributes.keys():
        span.set_attribute(name, str(attributes[name]).partition("?")[0])
    if QUERY in attributes:
        span.set_attribute(QUERY, "")


def _facts(job: Job) -> Iterator[tuple[str, str | int | None]]:
    outcome = job.outcome
    yield "cutoutd.job", job.id
    yield "cutoutd.dialect", job.dialect
    yield "cutoutd.status", job.status.value
    yield "cutoutd.attempt", job.attempt
    yield "cutoutd.model", outcome.model if outcome else None
    yield "cutoutd.provider", outcome.provider if outcome else None


def _parts(job: Job) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of the wait and the stages, in ns.

    Of a stage it is known how long it took, and that it came after those before it.
    """
    if job.started_at is None:
        return
    yield "queued", job.created_at * NANOSECONDS, job.started_at * NANOSECONDS
    ends = [job.started_at * NANOSECONDS]
    timings = job.outcome.timings_ms if job.outcome else {}
    for spent in timings.values():
        ends.append(ends[-1] + int(spent * NANOSECONDS))
    for name, (start, end) in zip(timings, pairwise(ends), strict=True):
        yield name, start, end
