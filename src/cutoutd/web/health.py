"""Whether the process is alive, and whether it should be sent work."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from cutoutd.web.context import ContextDep

router = APIRouter(tags=["Health"])


@router.get("/livez", operation_id="livez", response_class=PlainTextResponse)
async def livez() -> str:
    """The process answers. Touches nothing, so that load never fails it."""
    return "ok"


@router.get("/readyz", operation_id="readyz")
async def readyz(context: ContextDep) -> Response:
    """The store can be reached, the model is warm and the queue has room: 200, otherwise 503."""
    checks = await run_in_threadpool(context.readiness)
    ready = all(check.ok for check in checks)
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {check.name: check.detail for check in checks},
    }
    return JSONResponse(body, status_code=200 if ready else 503)
