"""One removal as a tool does it: read, cut out, write the file, make the image to show."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from cutoutd.api import Cutout, Remover
from cutoutd.command import ImageKind
from cutoutd.errors import InvalidRequest
from cutoutd.mcp.jobs import Finished
from cutoutd.mcp.sources import Sources

SHOWN_PX: Final = 1024
"""The longer side of an image that is shown where the whole one is in a file."""
FORMATS: Final = {"png": ".png", "webp": ".webp", "jpeg": ".jpg", "avif": ".avif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one call asks for."""

    path: str | None
    url: str | None
    base64: str | None
    output: str | None
    """Where to write it; None: beside a `path`, and nowhere for other sources."""
    mask: bool
    options: dict[str, Any]
    """Those of the library, by name."""


class Removal:
    """Removes backgrounds for an assistant."""

    def __init__(self, sources: Sources, remover: Remover) -> None:
        self._sources = sources
        self._remover = remover

    def perform(self, wish: Wish) -> Finished:
        """Raises CutoutError in one sentence for what cannot be done; nothing is half written."""
        place, data = self._sources.read(path=wish.path, url=wish.url, text=wish.base64)
        target = self._target(wish, place)
        cutout = self._remover.remove(data, **wish.options)
        kind = ImageKind.MASK if wish.mask else None
        said: dict[str, Any] = {"width": cutout.width, "height": cutout.height}
        said["bounding_box"] = cutout.bbox
        said["notes"] = list(cutout.messages)
        if target is None:
            return Finished(said=said, image=cutout.tobytes("png", kind=kind))
        try:
            cutout.save(target, kind=kind)
        except OSError as error:
            why = error.strerror or "it cannot be written"
            raise InvalidRequest(f"output: {target.name}: {why}.", field="output") from error
        said["file"] = self._sources.roots.shown(target)
        return Finished(said=said, image=_shown(cutout, mask=wish.mask))

    def _target(self, wish: Wish, place: Path | None) -> Path | None:
        suffix = FORMATS.get(wish.options.get("format", "png"))
        if suffix is None:
            raise InvalidRequest(f"format: must be one of {', '.join(FORMATS)}.", field="format")
        word = "mask" if wish.mask else "cutout"
        if wish.output is not None:
            target = self._sources.roots.find(wish.output, field="output")
        elif place is not None:
            target = place.with_name(f"{place.stem}-{word}{suffix}")
        else:
            return None
        if target == place:
            raise InvalidRequest("output: this is the image itself.", field="output")
        if target.is_dir() or not target.parent.is_dir():
            raise InvalidRequest(
                f"output: {wish.output} must be a file in a folder that exists.", field="output"
            )
        return target


def _shown(cutout: Cutout, *, mask: bool) -> bytes:
    image: Image.Image = cutout.mask if mask else cutout.image
    image.thumbnail((SHOWN_PX, SHOWN_PX))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
