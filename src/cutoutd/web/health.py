"""Whether the process is alive, whether it should be sent work, and what it is doing."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from cutoutd.clients.keys import Scope
from cutoutd.web.depends import ContextDep
from cutoutd.web.presented_key import presented_key

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter(tags=["Health"])


@router.get("/livez", operation_id="checkLiveness", response_class=PlainTextResponse)
async def livez() -> str:
    """The process answers. Touches nothing, so that load never fails it."""
    return "ok"


@router.get("/readyz", operation_id="checkReadiness")
async def readyz(request: Request, context: ContextDep) -> Response:
    """The store can be reached and the model is warm: 200, otherwise 503.

    How each check stands is for callers with a key, where keys are asked for.
    """
    checks = await run_in_threadpool(context.readiness.checks)
    ready = all(check.ok for check in checks)
    body: dict[str, object] = {"status": "ready" if ready else "not ready"}
    if context.clients.knows(presented_key(request)):
        body["checks"] = {check.name: check.detail for check in checks}
    return JSONResponse(body, status_code=200 if ready else 503)


@router.get("/metrics", operation_id="getMetrics", response_class=PlainTextResponse)
async def metrics(request: Request, context: ContextDep) -> Response:
    """Prometheus metrics. With API keys, one that may operate is asked for, unless configured."""
    if not context.options.metrics_open:
        context.clients.authenticate(presented_key(request), Scope.OPERATE)
    text = await run_in_threadpool(context.metrics.text)
    return Response(text, headers={"Content-Type": METRICS_TYPE})
