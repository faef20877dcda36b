"""The log: text for people, JSON for machines; every line knows its request and its job.

Lines go to stderr. Nothing that a caller sent is logged but paths and host names: no key, no
picture, no query.
"""

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
job_id: Final[ContextVar[int | None]] = ContextVar("job_id", default=None)

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
        "filters": {"ids": {"()": AddIds}},
        "formatters": {"chosen": formatters[format_]},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "chosen",
                "filters": ["ids"],
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
