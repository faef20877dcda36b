"""`Cutout`: what comes of one image, as pixels, as a PIL image, as a file."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat, ImageKind, Output
from cutoutd.command.geometry import Box
from cutoutd.command.notes import explain
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.encode import Tags
from cutoutd.imaging.geometry import bounding_box
from cutoutd.removal.outputs import encode_output

SUFFIXES = {".jpg": "jpeg", ".jpe": "jpeg", ".apng": "png"}
PNG_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cutout:
    """An image without its background, or before another one."""

    array: NDArray[np.uint8] = field(repr=False)
    """(H, W, 4), straight RGBA in sRGB (or in the image's own profile, where it was kept)."""
    alpha: NDArray[np.uint8] = field(repr=False)
    """(H, W), levels: where the subject is, also where a background lies behind it."""
    notes: tuple[str, ...]
    """What you should know, as stable words; `messages` has them as sentences."""
    model: str
    provider: str
    outputs: tuple[Output, ...] = field(repr=False)
    """What `tobytes` and `save` write where nothing else is said: the first."""
    tags: Tags = field(repr=False, default=Tags())
    """What files say of the pixels: colour profile and resolution."""
    animation: bytes | None = field(repr=False, default=None)
    """The whole file where all frames of an animation were kept; the pixels are its first frame."""

    @property
    def image(self) -> Image.Image:
        """As a PIL image, RGBA."""
        return Image.fromarray(self.array)

    @property
    def mask(self) -> Image.Image:
        """The alpha channel as a PIL image, L."""
        return Image.fromarray(self.alpha)

    @property
    def bbox(self) -> Box | None:
        """Left, top, right, bottom of the subject; right and bottom exclusive. None without one."""
        return bounding_box(self.alpha)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    @property
    def messages(self) -> tuple[str, ...]:
        """The notes as sentences, which may change."""
        return tuple(explain(note) for note in self.notes)

    def tobytes(
        self,
        format: str | None = None,  # noqa: A002 - As Pillow calls it.
        *,
        quality: int | None = None,
        kind: str | None = None,
    ) -> bytes:
        """The bytes of a file.

        format: png, webp, jpeg, avif or auto. quality: 1 to 100, of the lossy ones. kind: cutout,
        mask or color. Each as it was asked for with the image, if it is not given here. Raises
        InvalidRequest for others.
        """
        asked = self.outputs[0]
        if self.animation is not None and format in (None, asked.format) and kind is None:
            return self.animation
        output = replace(
            asked,
            format=asked.format if format is None else _format_of(format),
            quality=asked.quality if quality is None else _quality(quality),
            kind=asked.kind if kind is None else _kind(kind),
        )
        return encode_output(
            output, self.array, self.alpha, tags=self.tags, png_level=PNG_LEVEL
        ).data

    def save(
        self,
        path: str | os.PathLike[str],
        format: str | None = None,  # noqa: A002
        *,
        quality: int | None = None,
        kind: str | None = None,
    ) -> Path:
        """Write a file, whole or not at all, in the format its name ends in. Returns its path.

        Raises InvalidRequest for a name of another format than is written, OSError for a place that
        cannot be written.
        """
        target = Path(path)
        suffix = target.suffix.lower()
        named = SUFFIXES.get(suffix, suffix.removeprefix(".")) or None
        chosen = named if format is None and self.animation is None else format
        data = self.tobytes(chosen, quality=quality, kind=kind)
        partial = target.with_name(f".{target.name}.partial")
        try:
            partial.write_bytes(data)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return target

    def __bytes__(self) -> bytes:
        return self.tobytes()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return np.array(self.array, dtype=dtype, copy=copy)

    def _repr_png_(self) -> bytes:
        """For notebooks."""
        return self.tobytes("png", kind="cutout")


def _format_of(name: str) -> ImageFormat:
    name = SUFFIXES.get(f".{name.lower()}", name.lower())
    if name not in list(ImageFormat) or name == ImageFormat.GIF:
        known = ", ".join(one for one in ImageFormat if one is not ImageFormat.GIF)
        raise InvalidRequest(f"format: must be one of {known}.", field="format")
    return ImageFormat(name)


def _quality(value: int) -> int:
    if not 1 <= value <= 100:
        raise InvalidRequest("quality: must be 1 to 100.", field="quality")
    return value


def _kind(name: str) -> ImageKind:
    if name not in list(ImageKind):
        raise InvalidRequest(f"kind: must be one of {', '.join(ImageKind)}.", field="kind")
    return ImageKind(name)
