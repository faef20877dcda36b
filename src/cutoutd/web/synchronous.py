"""For vendors that answer with the image itself: a job, awaited up to a deadline."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi.responses import JSONResponse

from cutoutd.command import RemoveBackground
from cutoutd.errors import Overloaded
from cutoutd.jobs.model import Artifact, Job, JobStatus, Json
from cutoutd.storage.store import TEMPORARY
from cutoutd.web.bodies import off_the_loop
from cutoutd.web.callers import Caller
from cutoutd.web.context import Context
from cutoutd.web.failures import error_of

KEEP_ANSWERED_S = 900
"""How long the file stays whose bytes the caller has already got."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished image: what is known about it, and its bytes."""

    artifact: Artifact
    data: bytes

    @property
    def base64(self) -> str:
        """The bytes as text, for an answer in JSON."""
        return b64encode(self.data).decode()

    async def in_json(
        self,
        put: Callable[[str], Mapping[str, object]],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> JSONResponse:
        """The object that `put` makes of the base64 text; nothing of it in the event loop."""
        return await off_the_loop(
            len(self.data), lambda: JSONResponse(put(self.base64), headers=headers)
        )

    @property
    def foreground(self) -> tuple[int, int, int, int]:
        """Where the subject is, in px: left, top, width, height; zeros if there is none."""
        left, top, right, bottom = self.artifact.bbox or (0, 0, 0, 0)
        return left, top, right - left, bottom - top


async def perform(
    command: RemoveBackground,
    caller: Caller,
    *,
    dialect: str,
    field: str,
    keep_for_s: int | None = KEEP_ANSWERED_S,
    echo: Mapping[str, Json] | None = None,
) -> Job:
    """Submit, wait, and give the job that succeeded.

    keep_for_s: how long its files stay; None is the server's choice. echo: kept with the job.
    Raises the error the job failed with, about the vendor's `field` where it is the image's
    fault. A job that is not done after the configured wait is cancelled and raises Overloaded.
    """
    service = caller.context.service
    job = await caller.submit(
        command, dialect=dialect, folder=TEMPORARY, keep_for_s=keep_for_s, echo=echo
    )
    job = await caller.wait(job, caller.context.options.sync_wait_s)
    if not job.status.final:
        estimate = await service.estimate(job)
        job = await service.cancel(job.id, caller.client)
        if job.status is JobStatus.CANCELLED:
            raise Overloaded(
                "The image was not ready in time. Please try again later.",
                retry_after_s=estimate.eta_s,
            )
    if job.status is not JobStatus.SUCCEEDED:
        raise error_of(job, field=field)
    return job


async def images_of(job: Job, context: Context) -> list[Made]:
    """The images of a job that succeeded, in the order of its outputs."""
    artifacts = job.outcome.artifacts if job.outcome else ()
    return [
        Made(artifact, await context.service.files.read(artifact.key)) for artifact in artifacts
    ]


async def image_of(job: Job, context: Context) -> Made:
    """The first image of a job that succeeded."""
    return (await images_of(job, context))[0]
