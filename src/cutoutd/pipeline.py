"""The steps from the bytes of one picture to the files that were asked for, in order."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat, ImageKind, Output, RemoveBackground
from cutoutd.imaging.compose import flatten_on_color
from cutoutd.imaging.decode import decode
from cutoutd.imaging.encode import Tags, encode, media_type
from cutoutd.imaging.foreground import estimate_foreground
from cutoutd.imaging.mask import mask_from_probability
from cutoutd.imaging.picture import Picture

SEGMENTER_SIDE = 1024
"""Networks look at no more than this; larger pictures are handed over shrunk towards it."""


class Segmenter(Protocol):
    """A network that finds the subject."""

    name: str
    """Its name in the model registry."""
    provider: str
    """The execution provider that really runs it."""

    def predict(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W, 3) sRGB upright picture -> (h, w) probability of subject, 0..1.

        At the network's own resolution: the whole picture squeezed to it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingLimits:
    """How much one picture may cost."""

    max_pixels: int = 50_000_000
    """Larger sources are rejected from their header."""
    threads: int = 2
    """No stage uses more, whatever the number of callers."""
    png_level: int = 1
    """0..9; 1 is fast, higher is smaller."""
    matting_seconds: float = 20.0
    """A matting that would take longer is replaced by the guided mask."""
    matting_bytes: int = 2_000_000_000
    """Likewise for the memory it would need on top of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One finished file."""

    kind: ImageKind
    data: bytes
    media_type: str
    width: int
    height: int
    bbox: tuple[int, int, int, int] | None
    """Left, top, right, bottom of the subject in this picture, right and bottom exclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What came of one picture."""

    images: tuple[Encoded, ...]
    """One for each output of the command, in its order."""
    notes: tuple[str, ...]
    """What the caller should know: stable words such as `empty_mask`."""
    timings_ms: dict[str, float]
    """By stage."""
    width: int
    """Of the upright source."""
    height: int


def remove_background(
    data: bytes,
    command: RemoveBackground,
    segmenter: Segmenter,
    *,
    backdrop: bytes | None = None,  # noqa: ARG001
    limits: ImagingLimits = ImagingLimits(),
) -> Removal:
    """Decode one picture, find its subject and write every output of the command.

    backdrop: the bytes of `command.background.picture`, if there is one. Raises SourceRejected
    for a picture that cannot be used.
    """
    timings = _Timings()
    with timings.stage("decode"):
        picture = decode(data, max_pixels=limits.max_pixels, color_profile=command.color_profile)
    with timings.stage("segment"):
        probability = segmenter.predict(_shown_to_network(picture))
    with timings.stage("mask"):
        alpha = mask_from_probability(probability, picture.pixels)
        if command.mask.invert:
            alpha = 255 - alpha
        if not picture.opaque:
            alpha = _product(alpha, picture.pixels[..., 3])
    notes = () if alpha.any() else ("empty_mask",)
    with timings.stage("colors"):
        if command.foreground_estimation:
            estimate_foreground(picture.pixels, alpha)
        picture.pixels[..., 3] = alpha
        picture.pixels[alpha == 0] = 0
        if command.background is not None and command.background.color is not None:
            flatten_on_color(picture.pixels, command.background.color)
    with timings.stage("encode"):
        images = tuple(_encoded(output, picture, alpha, limits) for output in command.outputs)
    return Removal(
        images=images,
        notes=notes,
        timings_ms=timings.spent_ms,
        width=picture.width,
        height=picture.height,
    )


def _shown_to_network(picture: Picture) -> NDArray[np.uint8]:
    """(H, W, 3): the picture without its alpha channel, no larger than networks can use."""
    factor = max(1, min(picture.width, picture.height) // SEGMENTER_SIDE)
    size = (picture.width, picture.height)
    image = Image.frombuffer("RGBX", size, picture.pixels, "raw", "RGBX", 0, 1)
    return np.asarray((image.reduce(factor) if factor > 1 else image).convert("RGB"))


def _product(levels: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    wide = levels.astype(np.uint16) * other + 127
    return (wide // 255).astype(np.uint8)


def _encoded(
    output: Output, picture: Picture, alpha: NDArray[np.uint8], limits: ImagingLimits
) -> Encoded:
    pixels = picture.pixels
    if output.kind is ImageKind.MASK:
        pixels = alpha
    elif output.kind is ImageKind.COLOR:
        pixels = np.ascontiguousarray(pixels[..., :3])
    chosen = output.format
    solid = pixels.ndim < 3 or pixels.shape[2] == 3 or int(pixels[..., 3].min()) == 255
    if chosen is ImageFormat.AUTO:
        chosen = ImageFormat.JPEG if solid else ImageFormat.PNG
    if chosen is ImageFormat.JPEG and pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = pixels.copy()
        flatten_on_color(pixels, (255, 255, 255, 255))
        pixels = np.ascontiguousarray(pixels[..., :3])
    data = encode(
        pixels,
        chosen,
        quality=output.quality,
        png_level=limits.png_level,
        tags=Tags(profile=picture.profile, dpi=picture.dpi),
    )
    if output.base64:
        data = base64.b64encode(data)
    return Encoded(
        kind=output.kind,
        data=data,
        media_type="text/plain" if output.base64 else media_type(chosen),
        width=pixels.shape[1],
        height=pixels.shape[0],
        bbox=_bbox(alpha),
    )


def _bbox(alpha: NDArray[np.uint8]) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class _Timings:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.spent_ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.spent_ms[name] = self.spent_ms.get(name, 0.0) + (perf_counter() - started) * 1e3
