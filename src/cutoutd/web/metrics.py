"""Prometheus metrics: their names, and where each number comes from.

Requests are told by the middleware in `observe.py`, jobs as the job store announces their end, and
states are read from the stores when Prometheus asks. `make generate` lists every metric in
docs/operations.md; a test holds the dashboard and the alert rules to what is exported.
"""

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cutoutd import __version__
from cutoutd.errors import ConfigurationError
from cutoutd.jobs.census import Census
from cutoutd.jobs.model import Job, Outcome
from cutoutd.loops import Loop
from cutoutd.web.readiness import Readiness

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 300)

disable_created_metrics()  # type: ignore[no-untyped-call]  # They double the text, and nobody reads them.


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "cutoutd_requests", "HTTP requests", ["api", "method", "status"], registry=registry
        )
        self._request_seconds = _histogram(
            "cutoutd_request_seconds", "From a request to the end of its answer", ["api"], registry
        )
        self._in_flight = Gauge(
            "cutoutd_requests_in_flight", "HTTP requests being answered", registry=registry
        )
        self._errors = Counter(
            "cutoutd_errors",
            "Answers that say an error, also where a vendor answers them with 200",
            ["api", "code"],
            registry=registry,
        )
        self._ended = Counter(
            "cutoutd_jobs_ended",
            "Jobs that ended in this process; code says why one failed",
            ["dialect", "status", "code"],
            registry=registry,
        )
        self._job_seconds = _histogram(
            "cutoutd_job_seconds", "From a job's start to its end", ["model", "provider"], registry
        )
        self._wait_seconds = _histogram(
            "cutoutd_job_wait_seconds", "From a job's submission to its start", [], registry
        )
        self._stage_seconds = _histogram(
            "cutoutd_stage_seconds",
            "One stage of a job (obtain, decode, segment, …)",
            ["stage"],
            registry,
        )
        build = Gauge(
            "cutoutd_build_info", "1 for the version that runs", ["version"], registry=registry
        )
        build.labels(__version__).set(1)

    def read(self, readiness: Readiness, *, slots: int, memory_bytes: int) -> None:
        """Read these states too, whenever they are looked at."""
        self.registry.register(_States(readiness, slots, memory_bytes))

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def serve(self, port: int) -> None:
        """Answer Prometheus on a port of its own, where no proxy leads and no key is asked for.

        Raises ConfigurationError if the port cannot be used.
        """
        try:
            start_http_server(port, registry=self.registry)
        except OSError as exc:
            raise ConfigurationError(
                f"Port {port} for metrics cannot be used ({exc.strerror})."
            ) from exc

    def begin_request(self) -> None:
        """A request has arrived."""
        self._in_flight.inc()

    def end_request(
        self, *, api: str, method: str, status: int, code: str | None, seconds: float
    ) -> None:
        """A request has been answered; `code` is the error's, if the answer says one."""
        self._in_flight.dec()
        self._requests.labels(api, method, str(status)).inc()
        self._request_seconds.labels(api).observe(seconds)
        if code is not None:
            self._errors.labels(api, code).inc()

    def observe_job(self, job: Job) -> None:
        """A job has ended in this process."""
        outcome = job.outcome or Outcome(status=job.status)
        code = outcome.failure.code if outcome.failure else ""
        self._ended.labels(job.dialect, job.status.value, code).inc()
        if job.started_at is None:
            return
        self._wait_seconds.observe(max(0, job.started_at - job.created_at) / 1000)
        if job.finished_at is not None and outcome.model:
            spent = (job.finished_at - job.started_at) / 1000
            self._job_seconds.labels(outcome.model, outcome.provider or "").observe(spent)
        for stage, milliseconds in outcome.timings_ms.items():
            self._stage_seconds.labels(stage).observe(milliseconds / 1000)


class _States(Collector):
    """Reads states at the moment of the scrape."""

    def __init__(self, readiness: Readiness, slots: int, memory_bytes: int) -> None:
        self._readiness = readiness
        self._slots = slots
        self._memory_bytes = memory_bytes

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when the collector is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Each state; those of a database that is away are left out."""
        here = self._readiness
        yield _gauge("cutoutd_ready", "1 if /readyz answers 200", float(here.ready()))
        yield _gauge("cutoutd_slots", "Jobs worked on at the same time", self._slots)
        yield _gauge(
            "cutoutd_jobs_waiting_limit", "Waiting jobs beyond this are refused", here.waiting_limit
        )
        memory = self._memory_bytes
        yield _gauge("cutoutd_memory_limit_bytes", "Memory this process may use", memory)
        free = here.free_bytes()
        if free is not None:
            yield _gauge(
                "cutoutd_storage_free_bytes",
                "Room left for images, where they are local files",
                free,
            )
        models = GaugeMetricFamily(
            "cutoutd_model_info", "1 for each loaded model", labels=["model", "provider", "licence"]
        )
        for one in here.models() if here.models else ():
            models.add_metric([one.name, one.provider, one.licence], 1)
        yield models
        yield from _of_loops(here.loops)
        try:
            census = here.census()
        except Exception:  # noqa: BLE001 - `/readyz` says it; the other numbers are still wanted.
            return
        yield from _of_census(census)


def _of_loops(loops: Iterable[Loop]) -> Iterable[Metric]:
    last = GaugeMetricFamily(
        "cutoutd_loop_last_success_seconds",
        "When a background loop last succeeded, in seconds since 1970; 0 before the first time",
        labels=["loop"],
    )
    behind = GaugeMetricFamily(
        "cutoutd_loop_behind", "1 while a background loop is behind", labels=["loop"]
    )
    failures = CounterMetricFamily(
        "cutoutd_loop_failures", "Rounds of a background loop that failed", labels=["loop"]
    )
    for loop in loops:
        last.add_metric([loop.name], loop.succeeded_at or 0)
        behind.add_metric([loop.name], float(loop.behind))
        failures.add_metric([loop.name], loop.failures)
    yield from (last, behind, failures)


def _of_census(census: Census) -> Iterable[Metric]:
    jobs = GaugeMetricFamily(
        "cutoutd_jobs", "Jobs that have not ended, by status", labels=["status"]
    )
    for status, count in census.jobs.items():
        jobs.add_metric([status.value], count)
    yield jobs
    deliveries = GaugeMetricFamily(
        "cutoutd_deliveries", "Webhooks that are owed: pending, parked", labels=["state"]
    )
    for state, count in census.deliveries.items():
        deliveries.add_metric([state], count)
    yield deliveries
    yield _gauge(
        "cutoutd_oldest_waiting_job_seconds",
        "How long the oldest waiting job has waited",
        census.oldest_waiting_ms / 1000,
    )


def _histogram(
    name: str, meaning: str, labels: list[str], registry: CollectorRegistry
) -> Histogram:
    return Histogram(name, meaning, labels, buckets=SECONDS, registry=registry)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)
