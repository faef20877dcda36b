"""The library: remove the background of images in this process."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Unpack, overload

from cutoutd.api.cutout import Cutout
from cutoutd.api.images import TAKEN, ImageLike, is_image
from cutoutd.api.keywords import RemovalKeywords
from cutoutd.api.remover import MEMORY, Remover
from cutoutd.errors import InvalidRequest
from cutoutd.segmentation.sessions import Sessions

__all__ = [
    "MEMORY",
    "Cutout",
    "ImageLike",
    "RemovalKeywords",
    "Remover",
    "aremove_background",
    "loaded_models",
    "remove_background",
]


@overload
def remove_background(  # type: ignore[overload-overlap]  # Text and bytes are sequences, too.
    image: ImageLike, **options: Unpack[RemovalKeywords]
) -> Cutout: ...


@overload
def remove_background(
    image: Sequence[ImageLike], **options: Unpack[RemovalKeywords]
) -> list[Cutout]: ...


@overload
def remove_background(
    image: Iterator[ImageLike], **options: Unpack[RemovalKeywords]
) -> Iterator[Cutout]: ...


def remove_background(image: Any, **options: Unpack[RemovalKeywords]) -> Any:
    """An image without its background; of a list a list, of an iterator an iterator.

    image: a path or URL, bytes, an open file, a PIL image, or an array of (H, W), (H, W, 3) or
    (H, W, 4), uint8, uint16 or float from 0 to 1. options: those of the API and the command, by
    the same names; see `RemovalKeywords`.

    Raises InvalidRequest for a wrong option and for what is no image, SourceRejected for an
    image that cannot be used, OSError for a file that cannot be opened.
    """
    remover = _default()
    if is_image(image):
        return remover.remove(image, **options)
    if isinstance(image, list | tuple):
        return list(remover.map(image, **options))
    if isinstance(image, Iterator):
        return remover.map(image, **options)
    given = type(image).__name__
    raise InvalidRequest(f"image: must be {TAKEN}, or several, not {given}.", field="image")


async def aremove_background(image: ImageLike, **options: Unpack[RemovalKeywords]) -> Cutout:
    """`remove_background` of one image, in a thread: the event loop goes on meanwhile."""
    return await asyncio.to_thread(_default().remove, image, **options)


@cache
def _default() -> Remover:
    return Remover()


@cache
def loaded_models() -> Sessions:
    """The models this process has loaded, kept for the next image."""
    return Sessions()
