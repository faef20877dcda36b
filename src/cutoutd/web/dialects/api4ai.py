"""API4AI's background removal.

`/img-bg-removal/v1` at api4ai.cloud, `/v1` at RapidAPI, read 2026-11. An image that cannot be
used is answered with 200 and the status `failure`, as the vendor documents.
"""

import hashlib
import re
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import AliasChoices, Field

from cutoutd.command import Background, ImageKind, Output, RemoveBackground, Shadow, Source
from cutoutd.errors import (
    CutoutError,
    InvalidRequest,
    SourceRejected,
    SourceUnreachable,
)
from cutoutd.jobs.model import Artifact, Job
from cutoutd.net.urls import MAX_URL_CHARS
from cutoutd.storage.store import TEMPORARY_S
from cutoutd.web.bodies import body_of, documented, off_the_loop
from cutoutd.web.callers import Caller, CallerDep
from cutoutd.web.dialects.base import Dialect, in_dialect
from cutoutd.web.fields import Image, RequestFields, Url, at_most_one, only_one
from cutoutd.web.parts import Upload
from cutoutd.web.statuses import StatusTable, headers_of, status_of
from cutoutd.web.synchronous import KEEP_ANSWERED_S, image_of, perform

NAME = "api4ai"
VERSION = "v1.15.2"
PREFIXES = ("/img-bg-removal/v1", "/v1")
SUBJECTS = ("general", "people", "cars")

Mode = Literal["fg-image", "fg-image-shadow", "fg-mask"]
MODES: tuple[Mode, ...] = ("fg-image", "fg-image-shadow", "fg-mask")

STATUSES: StatusTable = {InvalidRequest: 422}


class ResultsRequest(RequestFields):
    """One image and what to make of it; `mode` and `representation` come in the query."""

    image: Image | None = Field(None, description="The image's file, JPEG or PNG")
    url: Url | None = Field(None, description="URL of the image")
    mode: Mode = Field("fg-image", description="Cut-out, cut-out with a shadow, or mask")
    representation: Literal["base64", "url"] = Field(
        "base64", description="The image in the answer, or a link to it that lives for a day"
    )
    image_bg: Image | None = Field(
        None,
        validation_alias=AliasChoices("image-bg", "image_bg"),
        serialization_alias="image-bg",
        description="A new background's file",
    )
    url_bg: Url | None = Field(
        None,
        validation_alias=AliasChoices("url-bg", "url_bg"),
        serialization_alias="url-bg",
        description="URL of a new background",
    )

    def sent_image(self) -> tuple[str, "str | Upload"]:
        """The name and the value of the one field that holds the image."""
        return only_one(
            ("image", self.image), ("url", self.url), missing="Missing image or url field."
        )

    def backdrop(self) -> "tuple[str, str | Upload] | None":
        """Likewise of the new background, if there is one."""
        return at_most_one(("image-bg", self.image_bg), ("url-bg", self.url_bg))

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for this request."""
        kind = ImageKind.MASK if self.mode == "fg-mask" else ImageKind.CUTOUT
        return RemoveBackground(
            sources=(source,),
            background=Background(picture=backdrop) if backdrop else None,
            shadow=Shadow() if self.mode == "fg-image-shadow" else None,
            outputs=(Output(kind=kind),),
        )


def render_error(_: Request, error: CutoutError) -> Response:
    """One sentence as `detail`, or the text of the vendor's proxy for what is too large."""
    status = status_of(error, STATUSES)
    if status == 413:
        text = "Error: Request Entity Too Large\nYour client issued a request that was too large.\n"
        return PlainTextResponse(text, status)
    return JSONResponse({"detail": error.message}, status, headers_of(error))


def render_failure(error: CutoutError, *, name: str, md5: str) -> dict[str, Any]:
    """An image that cannot be used."""
    unreadable = isinstance(error, SourceRejected) and error.reason not in (
        "too_many_pixels",
        "too_many_frames",
        "forbidden_address",
    )
    message = "Can not load image." if unreadable else error.message
    status = {"code": "failure", "message": message}
    return {"results": [{"status": status, "name": name, "md5": md5, "entities": []}]}


def render_success(
    artifact: Artifact, image: str, *, mode: Mode, name: str, md5: str
) -> dict[str, Any]:
    """The image, and where in it the subject is."""
    entity = {
        "kind": "image",
        "name": f"general-{mode}",
        "image": image,
        "format": "PNG",
    }
    objects = {"kind": "objects", "name": "foreground-objects", "objects": _objects(artifact)}
    return {
        "results": [
            {
                "status": {"code": "ok", "message": "Success"},
                "name": name,
                "md5": md5,
                "width": artifact.width,
                "height": artifact.height,
                "entities": [entity, objects],
            }
        ]
    }


def _objects(artifact: Artifact) -> list[dict[str, Any]]:
    if artifact.bbox is None:
        return []
    left, top, right, bottom = artifact.bbox
    width, height = artifact.width, artifact.height
    box = [left / width, top / height, (right - left) / width, (bottom - top) / height]
    classes = {"kind": "classes", "name": "classes", "classes": {"opaque-content": 1.0}}
    return [{"box": box, "entities": [classes]}]


router = APIRouter(route_class=in_dialect(render_error), tags=["API4AI"])


async def version() -> PlainTextResponse:
    """The vendor's version that this follows."""
    return PlainTextResponse(VERSION)


async def modes() -> list[str]:
    """The modes there are."""
    return list(MODES)


async def results(
    caller: CallerDep, body: Annotated[ResultsRequest, Depends(body_of(ResultsRequest))]
) -> JSONResponse:
    """The image without its background, and where the subject is."""
    _, sent = body.sent_image()
    name = name_of(sent)
    try:
        job = await _performed(body, caller)
    except (SourceRejected, SourceUnreachable) as error:
        if isinstance(error, SourceRejected) and error.reason == "too_many_bytes":
            raise
        data = sent.data if isinstance(sent, Upload) else b""
        md5 = await off_the_loop(len(data), partial(_md5_of, data))
        return JSONResponse(render_failure(error, name=name, md5=md5))
    made = await image_of(job, caller.context)
    md5 = job.outcome.source_md5[0] if job.outcome else ""
    render = partial(render_success, made.artifact, mode=body.mode, name=name, md5=md5)
    if body.representation == "url":
        return JSONResponse(render(caller.links.to_artifact(made.artifact.key)))
    return await made.in_json(render)


async def _performed(body: ResultsRequest, caller: Caller) -> Job:
    field, image = body.sent_image()
    behind = body.backdrop()
    sources = await caller.keep_all([(field, image), *([behind] if behind else [])])
    return await perform(
        body.to_command(*sources),
        caller,
        dialect=NAME,
        field=field,
        keep_for_s=TEMPORARY_S if body.representation == "url" else KEEP_ANSWERED_S,
    )


def name_of(image: "str | Upload") -> str:
    """What the answer calls the image: its file's name, or the end of its URL's path."""
    if isinstance(image, Upload):
        return image.name or "image"
    if image[:4].lower() != "http":
        return "image"
    # By hand: it may be no URL at all, which is for others to say.
    path = re.split("[?#]", image[:MAX_URL_CHARS].partition("://")[2], maxsplit=1)[0]
    return unquote(path.partition("/")[2].rsplit("/", 1)[-1]) or "image"


def _md5_of(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _mount() -> None:
    """The same three routes under every address that clients use; the first is documented."""
    places = [*PREFIXES, *(f"{PREFIXES[0]}/{subject}" for subject in SUBJECTS)]
    for place in places:
        shown = place == PREFIXES[0]
        router.add_api_route(
            f"{place}/version", version, operation_id="api4aiGetVersion", include_in_schema=shown
        )
        router.add_api_route(
            f"{place}/modes", modes, operation_id="api4aiListModes", include_in_schema=shown
        )
        router.add_api_route(
            f"{place}/results",
            results,
            methods=["POST"],
            operation_id="api4aiRemoveBackground",
            include_in_schema=shown,
            openapi_extra=documented(
                ResultsRequest, "multipart/form-data", "application/x-www-form-urlencoded"
            ),
        )


_mount()

DIALECT = Dialect(
    name=NAME,
    router=router,
    prefixes=("/img-bg-removal/", "/v1/results", "/v1/modes", "/v1/version"),
    render_error=render_error,
    schemas=(ResultsRequest,),
)
