"""The vendor's path: a list of tasks, each with its result or its error."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError, model_validator

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    NotFound,
    Overloaded,
    RateLimited,
)
from cutoutd.options.refusal import invalid_from
from cutoutd.web.bodies import body_of, documented, off_the_loop
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.dialects.runware.schemas import RunwareSettings, RunwareTask
from cutoutd.web.fields import RequestFields
from cutoutd.web.statuses import StatusTable, headers_of, nearest, status_of
from cutoutd.web.synchronous import image_of, perform

NAME = "runware"
PATH = "/v1"
FIELD = "inputImage"
STATUSES: StatusTable = {Overloaded: 429}
CODES: dict[type[CutoutError], str] = {
    InvalidRequest: "invalidParameter",
    AuthenticationFailed: "invalidApiKey",
    NotFound: "notFound",
    RateLimited: "rateLimitExceeded",
    Overloaded: "timeoutProvider",
}


class RunwareTasks(RequestFields):
    """A list of tasks; a single one may come alone."""

    tasks: list[RunwareTask | dict[str, Any]] = Field(
        description="Each of its own: one that cannot be read takes no other with it"
    )

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return fields if "tasks" in fields else {"tasks": [fields]}


def render_error(_: Request, error: CutoutError) -> JSONResponse:
    """The vendor's list of errors, one that is of no task."""
    return JSONResponse(
        {"errors": [_described(error, {})]}, status_of(error, STATUSES), headers_of(error)
    )


router = APIRouter(route_class=in_dialect(render_error), tags=["Runware"])


@router.post(
    PATH,
    operation_id="runwareRunTasks",
    openapi_extra=documented(RunwareTasks, "application/json"),
)
async def tasks(
    caller: CallerDep,
    body: Annotated[RunwareTasks, Depends(body_of(RunwareTasks, whole_list="tasks"))],
) -> Response:
    """Remove the background of each task's image; one that fails takes no other with it."""
    caller.check_count(len(body.tasks))
    if not body.tasks:
        raise InvalidRequest("There is no task in the list.")
    results, failures = [], list[dict[str, Any]]()
    first: CutoutError | None = None
    for task in body.tasks:
        if _authenticates(task):
            continue
        try:
            results.append(await _result(_read(task), caller))
        except CutoutError as error:
            first = first or error
            failures.append(_described(error, task))
    answer = {"data": results} if results or not failures else {}
    if failures:
        answer["errors"] = failures
    failed = first if failures and not results else None
    status = 200 if failed is None else status_of(failed, STATUSES)
    headers = None if failed is None else headers_of(failed)
    size = sum(len(result.get("imageBase64Data", "")) for result in results)
    return await off_the_loop(size, lambda: JSONResponse(answer, status, headers))


async def _result(task: RunwareTask, caller: Caller) -> dict[str, Any]:
    """What one task's image became. Raises CutoutError."""
    command = task.to_command(await caller.keep(task.input_image, field=FIELD))
    job = await perform(command, caller, dialect=NAME, field=FIELD, keep_for_s=None)
    made = await image_of(job, caller.context)
    return task.to_result(made, caller.links.to_artifact(made.artifact.key))


def _authenticates(task: RunwareTask | dict[str, Any]) -> bool:
    """The key is in the header; a list that begins with it as a task is read without it."""
    return isinstance(task, dict) and task.get("taskType") == "authentication"


def _read(task: RunwareTask | dict[str, Any]) -> RunwareTask:
    """The task, or why it is none. Raises InvalidRequest."""
    if isinstance(task, RunwareTask):
        return task
    try:
        return RunwareTask.model_validate(task)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise invalid_from(found) from error


def _described(error: CutoutError, task: RunwareTask | dict[str, Any]) -> dict[str, Any]:
    if isinstance(task, RunwareTask):
        task = {"taskType": task.task_type, "taskUUID": task.task_uuid}
    described = {"code": nearest(error, CODES, "internalError"), "message": error.message}
    if isinstance(error, InvalidRequest) and error.field:
        described["parameter"] = error.field
    names = [name for name in ("taskType", "taskUUID") if isinstance(task.get(name), str)]
    return described | {name: task[name] for name in names}


DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=(PATH,),
    render_error=render_error,
    schemas=(RunwareTask, RunwareSettings),
    security=("bearer",),
)
