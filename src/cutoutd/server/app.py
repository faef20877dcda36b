"""The web application: routers, middleware and the answers where no route answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from cutoutd.errors import CutoutError, NotFound
from cutoutd.server.config import Config, config_of
from cutoutd.server.settings import Settings
from cutoutd.server.wiring import Server
from cutoutd.web import files, handbook, health, operate, playground, reference
from cutoutd.web.dialects import chosen, dialect_of
from cutoutd.web.dialects.base import Dialect, as_cutout_error
from cutoutd.web.errors import render_problem
from cutoutd.web.metrics import Metrics
from cutoutd.web.middleware import BodyLimit, CollapseSlashes, GuardOrigins, SecurityHeaders
from cutoutd.web.observe import ObserveRequests
from cutoutd.web.openapi.document import describe
from cutoutd.web.options import WebOptions
from cutoutd.web.state import state_of
from cutoutd.web.upload_budget import UploadBudget

DESCRIPTION = """\
The background-removal server you host yourself. It answers the APIs your code already calls:
change the base URL and nothing else.
"""


def create_app(config: Config, server: Server) -> FastAPI:
    """The application that an open server answers with; it closes the server when it ends."""
    dialects = chosen(config.web.dialects)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(server.close)

    app = _with_routes(dialects, lifespan=running)
    app.state.context = server.context
    _answer_errors(app, dialects)
    _add_middleware(app, dialects, config.web, server.context.metrics)
    if server.tracing is not None:
        app.add_middleware(server.tracing.around)
    app.openapi = lambda: _described(app, dialects)  # type: ignore[method-assign]
    return app


def openapi(names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The API description of these dialects, or of all; nothing is opened for it.

    Raises ConfigurationError for a dialect that is unknown.
    """
    dialects = chosen(names)
    app = _with_routes(dialects)
    options = config_of(Settings.model_construct()).web  # The defaults, whatever is set here.
    app.state.context = SimpleNamespace(options=options)  # All that error answers look at.
    return describe(app, dialects)


def _with_routes(
    dialects: tuple[Dialect, ...], lifespan: Lifespan[FastAPI] | None = None
) -> FastAPI:
    app = FastAPI(
        title="cutoutd",
        version="1",  # Of the API; strangers are told no version of the program.
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,  # These pages load scripts from elsewhere.
        redoc_url=None,
    )
    people: tuple[APIRouter, ...] = (
        health.router,
        playground.router,
        reference.router,
        handbook.router,
        operate.router,
    )
    for router in (*people, *(one.router for one in dialects), files.router):
        app.include_router(router)
    return app


def _answer_errors(app: FastAPI, dialects: tuple[Dialect, ...]) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 404:
            error = NotFound("There is nothing at this address.")
        known = as_cutout_error(error)
        state_of(request.scope).error_code = known.code
        dialect = dialect_of(request.url.path, dialects)
        if dialect:
            return dialect.render_error(request, known)
        status = error.status_code if isinstance(error, HTTPException) else None
        return render_problem(request, known, status=status)

    for kind in (HTTPException, CutoutError, Exception):
        app.add_exception_handler(kind, answer)


def _add_middleware(
    app: FastAPI, dialects: tuple[Dialect, ...], options: WebOptions, metrics: Metrics
) -> None:
    """The last one added sees the request first."""
    app.add_middleware(
        BodyLimit,
        max_bytes=options.max_body_bytes,
        budget=UploadBudget(options.upload_bytes),
        dialects=dialects,
    )
    app.add_middleware(GuardOrigins, policy=options.origins, dialects=dialects)
    app.add_middleware(CollapseSlashes)
    app.add_middleware(SecurityHeaders)
    if options.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(options.cors_origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
            max_age=600,
        )

    def api_of(path: str) -> str:
        dialect = dialect_of(path, dialects)
        return dialect.name if dialect else "server"

    app.add_middleware(ObserveRequests, metrics=metrics, api_of=api_of)


def _described(app: FastAPI, dialects: tuple[Dialect, ...]) -> dict[str, Any]:
    """The API description, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = describe(app, dialects)
    return app.openapi_schema
