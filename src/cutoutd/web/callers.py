"""The caller of a route: who it is, and what a route does on its behalf."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypedDict, Unpack

from fastapi import Depends, Request

from cutoutd.command import RemoveBackground, Source
from cutoutd.errors import CutoutError, InvalidRequest, NotFound
from cutoutd.jobs.model import Job, Json
from cutoutd.web.bodies import off_the_loop
from cutoutd.web.context import Context
from cutoutd.web.depends import ContextDep, LinksDep
from cutoutd.web.ids import job_id_of
from cutoutd.web.links import Links
from cutoutd.web.parts import Upload
from cutoutd.web.presented_key import presented_key
from cutoutd.web.sources import keep, read_image
from cutoutd.web.state import state_of

_LISTEN_S = 1.0


class Wishes(TypedDict, total=False):
    """What a vendor's request may say about a job, beside the command."""

    echo: Mapping[str, Json] | None
    folder: str
    prefix: str | None
    suffix: str
    keep_for_s: int | None
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated client, with the links that are right for it."""

    client: str
    context: Context
    links: Links
    gone: Callable[[], Awaitable[bool]]
    """Whether it has hung up."""

    async def keep(self, image: str | Upload, *, field: str) -> Source:
        """The source that a field's value stands for.

        Raises InvalidRequest or SourceRejected naming `field`, Overloaded without room.
        """
        return (await self.keep_all([(field, image)]))[0]

    async def keep_all(self, images: Sequence[tuple[str, str | Upload]]) -> tuple[Source, ...]:
        """Likewise for several, by field; all of them are sound before the first is stored."""
        sound = [await self._read(value, field=field) for field, value in images]
        files, kept = self.context.service.files, list[Source]()
        try:
            for image in sound:
                kept.append(await keep(image, files, client=self.client))
        except CutoutError:
            await files.discard_inputs(kept)
            raise
        return tuple(kept)

    async def uploaded(self, file_id: str, *, field: str) -> Source:
        """The caller's own upload of this id. Raises InvalidRequest naming `field`, NotFound."""
        source = await self.context.service.files.own(file_id, self.client)
        if source is None:
            raise InvalidRequest(f"{field}: must be an id that POST /v1/files gave.", field=field)
        return source

    async def _read(self, value: str | Upload, *, field: str) -> Source | Upload:
        own = await self._own(value, field=field)
        if own is not None:
            return own
        size = len(value if isinstance(value, str) else value.data)
        limit = self.context.options.max_source_bytes
        return await off_the_loop(size, partial(read_image, value, field=field, max_bytes=limit))

    async def _own(self, value: str | Upload, *, field: str) -> Source | None:
        """What the caller had from us before, straight from the store; None for anything else."""
        if isinstance(value, Upload):
            return None
        try:
            return await self.context.service.files.own(value, self.client)
        except NotFound as exc:
            raise InvalidRequest(
                f"{field}: there is no image here under this link yet, or not any more.",
                field=field,
            ) from exc

    def check_count(self, images: int) -> None:
        """Raises InvalidRequest if one request brings more images than may come at a time."""
        most = self.context.options.max_images
        if images > most:
            raise InvalidRequest(f"image: at most {most} at a time.", field="image")

    async def submit(
        self, command: RemoveBackground, *, dialect: str, **wishes: Unpack[Wishes]
    ) -> Job:
        """Hand a job in, as `Service.submit` does, in this caller's name and with its links."""
        service, base = self.context.service, self.links.base
        return await service.submit(
            command, client=self.client, dialect=dialect, link_base=base, **wishes
        )

    async def wait(self, job: Job, timeout_s: float) -> Job:
        """The job it has just submitted, when it is final or the time is over.

        If the caller hangs up before work began, and nobody else expects the job, it is dropped.
        """
        service = self.context.service
        deadline = time.monotonic() + timeout_s
        while (
            not (job.status.final or service.released) and (left := deadline - time.monotonic()) > 0
        ):
            job = await service.wait(job, min(left, _LISTEN_S))
            if not job.status.final and await self.gone():
                await service.abandon(job)
                return job
        return job

    async def job(self, job_id: str) -> Job:
        """The caller's own job. Raises NotFound."""
        return await self.context.service.get(job_id_of(job_id), self.client)


async def caller_of(request: Request, context: ContextDep, links: LinksDep) -> Caller:
    """The caller by the key in its headers or query. Raises AuthenticationFailed."""
    return admitted(context.clients.authenticate(presented_key(request)), request, context, links)


def admitted(client: str, request: Request, context: Context, links: Links) -> Caller:
    """A client that has shown its key: from here on it is no stranger."""
    state = state_of(request.scope)
    if state.room is not None:
        state.room.trust()
    state.client = client
    return Caller(client, context, links, request.is_disconnected)


CallerDep = Annotated[Caller, Depends(caller_of)]
