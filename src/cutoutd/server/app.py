"""The web application: routers, middleware and the answers where no route answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

import cutoutd
from cutoutd.errors import CutoutError, InvalidRequest, NotFound, ProcessingFailed
from cutoutd.server.runtime import Runtime, open_runtime
from cutoutd.server.settings import Settings
from cutoutd.server.tracing import Tracing, open_tracing
from cutoutd.server.work import capacity_of
from cutoutd.web import files, health, operate, playground
from cutoutd.web.dialects import chosen, dialect_of
from cutoutd.web.dialects.base import Dialect
from cutoutd.web.errors import render_problem
from cutoutd.web.metrics import Metrics
from cutoutd.web.middleware import BodyLimit, CollapseSlashes, SecurityHeaders
from cutoutd.web.observe import ObserveRequests
from cutoutd.web.upload_budget import UploadBudget

DESCRIPTION = """\
The background-removal server you host yourself. It answers the APIs your code already calls:
change the base URL and nothing else.
"""


def create_app(
    settings: Settings,
    *,
    fetch: Callable[[str], bytes] | None = None,
    tracing: Tracing | None = None,
) -> FastAPI:
    """The application that `settings` describe; the runtime behind it opens when it starts.

    fetch: obtains the bytes of a source's URL; None is the guarded download. tracing: None is what
    the settings say.
    """
    dialects = chosen(settings.dialects)
    metrics, tracing = Metrics(), tracing or open_tracing(wanted=settings.tracing)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        runtime: Runtime = app.state.runtime or await run_in_threadpool(app.state.open)
        app.state.runtime = runtime
        app.state.context = runtime.context
        try:
            yield
        finally:
            await run_in_threadpool(runtime.close)

    app = FastAPI(
        title="cutoutd",
        version=cutoutd.__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=running,
        docs_url=None,  # These pages load scripts from elsewhere.
        redoc_url=None,
    )
    app.state.open = partial(open_runtime, settings, metrics, fetch=fetch, tracing=tracing)
    app.state.runtime = None  # `serve` opens it beforehand, to refuse in one sentence.
    people: tuple[APIRouter, ...] = (health.router, playground.router, operate.router)
    for router in (*people, *(one.router for one in dialects), files.router):
        app.include_router(router)
    _answer_errors(app, dialects)
    _add_middleware(app, dialects, settings, metrics)
    if tracing is not None:
        app.add_middleware(tracing.around)
    app.openapi = lambda: openapi_of(app, dialects)  # type: ignore[method-assign]
    return app


def _answer_errors(app: FastAPI, dialects: tuple[Dialect, ...]) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        known = _known(error)
        request.state.error_code = known.code
        dialect = dialect_of(request.url.path, dialects)
        if dialect:
            return dialect.render_error(request, known)
        status = error.status_code if isinstance(error, HTTPException) else None
        return render_problem(request, known, status=status)

    for kind in (HTTPException, CutoutError, Exception):
        app.add_exception_handler(kind, answer)


def _known(error: Exception) -> CutoutError:
    if isinstance(error, CutoutError):
        return error
    if isinstance(error, HTTPException) and error.status_code == 404:
        return NotFound("There is nothing at this address.")
    if isinstance(error, HTTPException) and error.status_code == 405:
        return InvalidRequest("This address does not answer this HTTP method.")
    if isinstance(error, HTTPException):
        return InvalidRequest(str(error.detail))
    return ProcessingFailed("Internal server error.")


def _add_middleware(
    app: FastAPI, dialects: tuple[Dialect, ...], settings: Settings, metrics: Metrics
) -> None:
    """The last one added sees the request first."""
    app.add_middleware(
        BodyLimit,
        max_bytes=settings.max_body_bytes,
        budget=UploadBudget(capacity_of(settings).upload_bytes),
        dialects=dialects,
    )
    app.add_middleware(CollapseSlashes)
    app.add_middleware(SecurityHeaders)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
            max_age=600,
        )

    def api_of(path: str) -> str:
        dialect = dialect_of(path, dialects)
        return dialect.name if dialect else "server"

    app.add_middleware(ObserveRequests, metrics=metrics, api_of=api_of)


def openapi_of(app: FastAPI, dialects: tuple[Dialect, ...]) -> dict[str, Any]:
    """The API description, with the bodies that routes read in several encodings."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            license_info=app.license_info,
            routes=app.routes,
        )
        models: list[type[BaseModel]] = [one for dialect in dialects for one in dialect.schemas]
        _, definitions = models_json_schema(
            [(model, "validation") for model in models],
            ref_template="#/components/schemas/{model}",
        )
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(definitions.get("$defs", {}))
        _describe_streams_as_text(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _describe_streams_as_text(part: Any) -> None:
    """OpenAPI 3.1, which most tools read, has no words yet for the events of a stream."""
    if isinstance(part, dict):
        if "itemSchema" in part:
            del part["itemSchema"]
            part["schema"] = {"type": "string"}
        for inner in part.values():
            _describe_streams_as_text(inner)
