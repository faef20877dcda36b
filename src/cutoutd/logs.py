"""The log: text for people, JSON for machines; every line knows its request and its job.

Lines go to stderr. Nothing that a caller sent is logged but paths and host names: no key, no
image, no query.
"""

import logging
import logging.config
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
job_id: Final[ContextVar[int | None]] = ContextVar("job_id", default=None)

_QUERY: Final = re.compile(r"(https?://[^\s'\"<>?]{0,2000})\?[^\s'\"<>]*", re.IGNORECASE)
_ESCAPES: Final = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}
"""Control characters, line ends of any script, and what turns the direction of writing."""
_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s%(where)s: %(message)s"
_JSON: Final = "%(levelname)s %(name)s %(message)s"


class AddIds(logging.Filter):
    """Gives each record the request and the job that its thread or coroutine works for."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        request, job = request_id.get(), job_id.get()
        if request is not None:
            record.request_id = request
        if job is not None:
            record.job_id = job
        ids = [f"request={request}"] * bool(request) + [f"job={job}"] * bool(job)
        record.where = f" [{' '.join(ids)}]" if ids else ""
        return True


class HideQueries(logging.Filter):
    """No line holds the query of a URL, which may be a signature: not in an exception either."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes, without queries."""
        record.msg, record.args = without_queries(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = without_queries(text), None
        return True


class OneLine(logging.Filter):
    """A record is one line, and the traceback below it is indented: nobody can forge another."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes, its control characters as escapes."""
        record.msg, record.args = record.getMessage().translate(_ESCAPES), None
        if record.exc_text:
            lines = record.exc_text.splitlines()
            record.exc_text = "\n".join(f"    {line.translate(_ESCAPES)}" for line in lines)
        return True


def without_queries(text: str) -> str:
    """The text with `?…` in place of the query of each URL."""
    return _QUERY.sub(r"\1?…", text)


@contextmanager
def working_on(job: int) -> Iterator[None]:
    """Within this block, log lines carry the job's id."""
    token = job_id.set(job)
    try:
        yield
    finally:
        job_id.reset(token)


def logging_config(format_: LogFormat, level: LogLevel) -> dict[str, object]:
    """What `logging.config.dictConfig` and uvicorn take."""
    formatters: dict[str, object] = {
        "text": {"format": _TEXT},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": _JSON,
            "rename_fields": {"levelname": "level", "name": "logger", "timestamp": "time"},
            "timestamp": True,
            "reserved_attrs": [*_RESERVED, "where", "color_message"],
        },
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "ids": {"()": AddIds},
            "queries": {"()": HideQueries},
            "line": {"()": OneLine},
        },
        "formatters": {"chosen": formatters[format_]},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": ["ids", "queries", "line"],
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "cutoutd": {"level": level.upper()},
            "uvicorn": {"level": "INFO"},
            # Our own line per request knows its id, its API and its time.
            "uvicorn.access": {"level": "WARNING"},
        },
    }


def configure(format_: LogFormat, level: LogLevel) -> None:
    """Send the log of this process to stderr."""
    logging.config.dictConfig(logging_config(format_, level))


_RESERVED: Final = tuple(vars(logging.makeLogRecord({})))
