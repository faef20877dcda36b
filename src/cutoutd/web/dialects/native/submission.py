"""From a request to the command and the client it belongs to."""

from cutoutd.command import ImageFormat, RemoveBackground
from cutoutd.errors import InvalidRequest
from cutoutd.options.corrections import Painted
from cutoutd.web.callers import Caller
from cutoutd.web.dialects.native.schemas import RemoveBackgroundRequest

IMAGES = ("background_image", "keep_mask", "remove_mask")
"""The options that may hold an image, beside the image itself."""


async def command_of(
    body: RemoveBackgroundRequest, caller: Caller, *, accepted: ImageFormat
) -> RemoveBackground:
    """The command, with its images kept. Raises InvalidRequest or SourceRejected."""
    caller.check_count(len(body.image) + len(body.file))
    _check_prompt(body, caller)
    uploads = [await caller.uploaded(file_id, field="file") for file_id in body.file]
    given = ((name, getattr(body, name)) for name in IMAGES)
    beside = [(name, one) for name, one in given if not isinstance(one, Painted | None)]
    kept = await caller.keep_all([*(("image", value) for value in body.image), *beside])
    sources = (*uploads, *kept[: len(body.image)])
    images = dict(zip((name for name, _ in beside), kept[len(body.image) :], strict=True))
    return body.to_command(sources, images, accepted=accepted, callback=body.to_callback())


def _check_prompt(body: RemoveBackgroundRequest, caller: Caller) -> None:
    """Raises InvalidRequest for a prompt to a model that takes none, or a name nobody knows."""
    if not body.prompted:
        return
    registry = caller.context.models.registry
    spec = registry.named(body.model)
    if not spec.prompts:
        able = ", ".join(one.name for one in registry.values() if one.prompts)
        raise InvalidRequest(
            f"model: {spec.name} takes no prompts; these do: {able}.", field="model"
        )
