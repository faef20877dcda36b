import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from cutoutd.logs import LogFormat, logging_config, request_id, working_on

NAMES = ("", "cutoutd", "uvicorn", "uvicorn.access")


@pytest.fixture
def root_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(one, one.level, list(one.handlers)) for one in loggers]
    yield
    for one, level, handlers in before:
        one.setLevel(level)
        one.handlers[:] = handlers


@pytest.fixture
def logged(root_as_before: None) -> "Logged":
    return Logged()


class Logged:
    """What a log of one format says."""

    def __call__(self, format_: LogFormat) -> str:
        logging.config.dictConfig(logging_config(format_, "info"))
        sink = io.StringIO()
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(sink)
        token = request_id.set("r-1")
        with working_on(7):
            logging.getLogger("cutoutd.service.handler").info("cut %s", "a ball")
        request_id.reset(token)
        return sink.getvalue()


def test_a_json_line_has_time_level_and_the_ids_of_request_and_job(logged: Logged) -> None:
    line = json.loads(logged("json"))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "cutoutd.service.handler",
        "message": "cut a ball",
        "request_id": "r-1",
        "job_id": 7,
    }


def test_a_text_line_has_the_ids_too(logged: Logged) -> None:
    assert "cutoutd.service.handler [request=r-1 job=7]: cut a ball" in logged("text")


def test_no_query_of_a_url_gets_into_a_line(
    root_as_before: None,
) -> None:
    logging.config.dictConfig(logging_config("text", "info"))
    sink = io.StringIO()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(sink)
    log = logging.getLogger("cutoutd.jobs.store")
    error = ValueError("input_value={'url': 'https://bucket/a.jpg?X-Signature=abc'}")
    log.error("while reading %s", "HTTPS://bucket/b.jpg?token=def", exc_info=error)
    assert "https://bucket/a.jpg?…" in sink.getvalue()
    assert "abc" not in sink.getvalue()
    assert "def" not in sink.getvalue()


@pytest.mark.parametrize(
    "odd", ["\n", "\r\n", "\x1b[31m", "\x85", "\u2028", "\x9b", "\u202e", "\0"]
)
def test_nobody_can_forge_a_line_or_colour_one(root_as_before: None, odd: str) -> None:
    logging.config.dictConfig(logging_config("text", "info"))
    sink = io.StringIO()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(sink)
    forged = f"/x{odd}2026-11-28 16:00:00,000 ERROR cutoutd.web.auth: FORGED"
    log = logging.getLogger("cutoutd.requests")
    log.info("GET %s", forged)
    log.error("failed", exc_info=ValueError(forged))
    lines = sink.getvalue().splitlines()
    assert not any(line.startswith("2026-11-28 16:00:00,000") for line in lines)
    assert not odd.strip("\r\n") or odd not in sink.getvalue()
