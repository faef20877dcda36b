"""Traces of requests, jobs and stages, kept in memory."""

import sys
import threading
from collections.abc import Iterator, Sequence

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.inside import PHOTO, serving

from cutoutd.errors import ConfigurationError
from cutoutd.server.tracing import Tracing, open_tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
STAGES = {"obtain", "decode", "segment", "mask", "matting", "colors", "encode", "keep"}


class Kept(InMemorySpanExporter):
    """Spans in memory. A request's own may be there before its job's: the caller is answered once
    the end is committed, and who watches jobs hears of it then, too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answered, self.ended = threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        outcome = super().export(spans)
        if any(span.kind is SpanKind.SERVER for span in spans):
            self.answered.set()
        if any(span.name == "job" for span in spans):
            self.ended.set()
        return outcome

    def by_name(self) -> dict[str, ReadableSpan]:
        """Of a request and its job."""
        assert self.answered.wait(10)
        assert self.ended.wait(10)
        return {span.name: span for span in self.get_finished_spans()}


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept()


@pytest.fixture(scope="module")
def traced(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A caller of a server whose spans are kept."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    data_dir = tmp_path_factory.mktemp("traced")
    with (
        serving(data_dir, tracing=Tracing(provider), isolate=False) as base,
        httpx.Client(base_url=base, timeout=60) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def _forgotten(kept: Kept) -> None:
    kept.clear()
    kept.answered.clear()
    kept.ended.clear()


def test_a_request_its_job_and_its_stages_are_one_trace(traced: httpx.Client, kept: Kept) -> None:
    answer = traced.post("/v1/remove-background", content=PHOTO, headers=PARENT)
    assert answer.status_code == 200
    spans = kept.by_name()
    request, job = (
        next(span for span in spans.values() if span.kind is SpanKind.SERVER),
        spans["job"],
    )
    assert {f"{span.context.trace_id:032x}" for span in spans.values()} == {TRACE}
    assert job.parent is not None
    assert job.parent.span_id == request.context.span_id
    assert STAGES | {"queued"} <= spans.keys()
    parts = [spans[name] for name in (STAGES | {"queued"})]
    assert {span.parent.span_id for span in parts if span.parent} == {job.context.span_id}


def test_a_job_says_what_it_was_and_its_stages_follow_each_other(
    traced: httpx.Client, kept: Kept
) -> None:
    traced.post("/v1/remove-background", content=PHOTO)
    spans = kept.by_name()
    facts = spans["job"].attributes or {}
    assert (facts["cutoutd.dialect"], facts["cutoutd.status"]) == ("native", "succeeded")
    assert (facts["cutoutd.model"], facts["cutoutd.provider"]) == ("cutoutd-small", "cpu")
    assert spans["decode"].end_time == spans["segment"].start_time
    assert spans["queued"].end_time == spans["obtain"].start_time


def test_a_job_that_failed_is_an_error(traced: httpx.Client, kept: Kept) -> None:
    traced.post("/v1/remove-background", content=PHOTO[:400])
    status = kept.by_name()["job"].status
    assert (status.status_code, status.description) == (StatusCode.ERROR, "source_rejected")


def test_probes_are_not_traced(traced: httpx.Client, kept: Kept) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        traced.get(path)
    assert kept.get_finished_spans() == ()


def test_no_span_holds_a_query_which_may_hold_keys_and_urls(
    traced: httpx.Client, kept: Kept
) -> None:
    address = "https://example.com/p.jpg?signature=s3cret"
    traced.get("/api/remove", params={"url": address, "api_key": "s3cret"})
    assert "s3cret" not in " ".join(span.to_json() for span in kept.by_name().values())
    assert len(kept.get_finished_spans()) > len(STAGES)


def test_nothing_of_a_trace_is_in_an_answer(traced: httpx.Client, kept: Kept) -> None:
    body = {"key": "k", "image": "https://example.com/p.jpg", "track_id": 7}
    answer = traced.post("/api/v6/image_editing/removebg_mask", json=body, headers=PARENT)
    assert answer.json()["status"] == "success"
    assert "job" in kept.by_name()
    assert TRACE not in answer.text


def test_it_is_off_unless_it_is_wanted() -> None:
    assert open_tracing(wanted=False) is None


def test_spans_go_where_opentelemetrys_own_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "cutouts-of-shop-7")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    tracing = open_tracing(wanted=True)
    assert tracing is not None
    named = tracing._provider.resource.attributes["service.name"]
    tracing.close()
    assert named == "cutouts-of-shop-7"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"pip install cutoutd\[otel\]"):
        open_tracing(wanted=True)
