import asyncio
import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from cutoutd.logs import request_id
from cutoutd.web.metrics import Metrics
from cutoutd.web.observe import ObserveRequests
from cutoutd.web.state import state_of

SEEN: list[str | None] = []


async def teapot(scope: Scope, receive: Receive, send: Send) -> None:
    SEEN.append(request_id.get())
    state_of(scope).error_code = "not_found"
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a bug")


def get(path: str, *, app: object = teapot, headers: dict[str, str] | None = None) -> list[Message]:
    """The messages that a GET through the middleware is answered with, on `metrics`."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    raw = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    observed = ObserveRequests(app, metrics=METRICS, api_of=lambda _: "native")  # type: ignore[arg-type]
    asyncio.run(observed(scope, receive, send))
    return sent


METRICS = Metrics()


def header(answer: list[Message], name: bytes) -> str:
    return dict(answer[0]["headers"])[name].decode()


def test_every_answer_carries_the_id_its_log_lines_have() -> None:
    answer = get("/v1/jobs")
    assert header(answer, b"x-request-id") == SEEN[-1]


def test_the_callers_own_request_id_is_kept() -> None:
    assert header(get("/", headers={"X-Request-Id": "order-7"}), b"x-request-id") == "order-7"


def test_a_request_id_that_could_forge_log_lines_is_replaced() -> None:
    given = "x\nERROR forged"
    assert header(get("/", headers={"X-Request-Id": given}), b"x-request-id") != given


def test_requests_and_errors_are_counted_under_their_api() -> None:
    get("/v1/jobs")
    text = METRICS.text().decode()
    assert 'cutoutd_requests_total{api="native",method="GET",status="418"}' in text
    assert 'cutoutd_errors_total{api="native",code="not_found"}' in text


def test_a_request_that_ends_in_a_bug_is_not_in_flight_for_ever() -> None:
    with pytest.raises(RuntimeError):
        get("/", app=broken)
    assert "cutoutd_requests_in_flight 0.0" in METRICS.text().decode()


def test_the_log_names_the_path_and_leaves_the_query_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="cutoutd.requests"):
        get("/v1/jobs")
    assert "GET /v1/jobs 418" in caplog.text


def test_probes_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="cutoutd.requests"):
        get("/livez")
    assert not caplog.records
