"""`RemoveBackground`: what was asked, in nobody's dialect.

Every dialect translates its request into this value, the job store keeps it as JSON, and the
pipeline obeys it. Frozen and made of plain values, so that a job run again a day later on
another machine means the same thing.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from cutoutd.command.geometry import (
    Canvas,
    Crop,
    Fit,
    Length,
    Placement,
    Point,
    Prompt,
    ReferenceBox,
    Region,
    Sides,
    Stroke,
    Unit,
)
from cutoutd.command.layers import Background, Outline, Shadow, ShadowKind
from cutoutd.command.source import Source

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "Background",
    "Callback",
    "Canvas",
    "ColorProfile",
    "Corrections",
    "Crop",
    "Fit",
    "Frames",
    "ImageFormat",
    "ImageKind",
    "Length",
    "MaskEdits",
    "Matting",
    "MattingMode",
    "Outline",
    "Output",
    "Placement",
    "Point",
    "Prompt",
    "Quality",
    "ReferenceBox",
    "Region",
    "RemoveBackground",
    "Rules",
    "Shadow",
    "ShadowKind",
    "Sides",
    "Source",
    "Stroke",
    "Unit",
]

COMMAND_VERSION = 1


class MattingMode(StrEnum):
    """FAST solves at reduced resolution, EXACT agrees with the reference solver."""

    FAST = "fast"
    EXACT = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matting:
    """Closed-form alpha matting over the band between two mask levels, each exclusive."""

    foreground_above: int = 240
    background_below: int = 10
    erode_px: int = 10
    mode: MattingMode = MattingMode.FAST


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskEdits:
    """What happens to the saliency mask, in this order, before it becomes the alpha channel."""

    smooth: bool = False
    """rembg's post-processing: opening, Gaussian blur, threshold."""
    threshold: int | None = None
    """Level 0..255; above it is subject, the rest background. None keeps soft levels."""
    fill_holes: bool = False
    keep_largest: bool = False
    min_area_px: int = 0
    """Separate parts with fewer pixels are dropped."""
    edge_shift_px: int = 0
    """Positive grows the subject, negative shrinks it."""
    feather_px: float = 0.0
    """Standard deviation of a Gaussian blur of the edge."""
    invert: bool = False


class ImageKind(StrEnum):
    """Which image of the run is meant."""

    CUTOUT = "cutout"
    """RGBA with straight alpha, or flattened when a background was asked for."""
    MASK = "mask"
    """One 8-bit channel: the alpha channel the cutout has."""
    COLOR = "color"
    """The foreground colours alone, three channels, black where nothing is."""


class ImageFormat(StrEnum):
    """How an image is written. AUTO: JPEG when nothing is transparent, PNG otherwise."""

    AUTO = "auto"
    PNG = "png"
    WEBP = "webp"
    JPEG = "jpeg"
    AVIF = "avif"
    GIF = "gif"
    """256 colours and no soft edges; for animations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One image that was asked for."""

    kind: ImageKind = ImageKind.CUTOUT
    format: ImageFormat = ImageFormat.PNG
    quality: int = 90
    """1..100 for the lossy formats; 100 writes WebP without loss."""
    base64: bool = False
    """Store the file's bytes as base64 text (no data: prefix), media type text/plain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """The webhook to call when the job ends. The dialect renders its body."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a marketplace asks of an image; whatever is not met becomes a note."""

    name: str
    """The preset's, as notes name it."""
    min_fill: float | None = None
    """Share of the canvas, along the side that it fills more."""
    max_fill: float | None = None
    min_side_px: int | None = None
    """Of the longer side."""
    white: bool = False
    """Whether what lies behind has to be pure white."""


class ColorProfile(StrEnum):
    """SRGB converts an embedded profile away; KEEP writes it into the output unchanged."""

    SRGB = "srgb"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Where a person corrects the mask: images first, then strokes, the later over the earlier."""

    keep: Source | None = None
    """An image of the source's size, white where the subject is."""
    remove: Source | None = None
    """Likewise, white where the background is; it wins over `keep`."""
    strokes: tuple[Stroke, ...] = ()


class Quality(StrEnum):
    """How much care a mask is worth: what a network is shown beside the image itself."""

    FAST = "fast"
    """The image, once."""
    BALANCED = "balanced"
    """What gives most for little more time."""
    HIGH = "high"
    """Its mirror image and a small subject's box as well: two to four times the network's time."""


class Frames(StrEnum):
    """Which frames of an animation become the finished image."""

    FIRST = "first"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBackground:
    """The one command of this product. Several sources are several images of one job."""

    sources: tuple[Source, ...]
    model: str | None = None
    """A name in the model registry; None is the configured default."""
    prompt: Prompt | None = None
    """Only for a model that takes prompts."""
    quality: Quality = Quality.BALANCED
    corrections: Corrections | None = None
    mask: MaskEdits = field(default_factory=MaskEdits)
    matting: Matting | None = None
    foreground_estimation: bool = True
    region: Region | None = None
    crop: Crop | None = None
    placement: Placement | None = None
    canvas: Canvas | None = None
    rules: Rules | None = None
    background: Background | None = None
    outline: Outline | None = None
    shadow: Shadow | None = None
    linear_light: bool = False
    """Blend onto a background in linear light instead of in sRGB values."""
    max_pixels: int | None = None
    """Shrink the finished images to at most this many pixels."""
    dpi: float | None = None
    """Resolution that the files state, in pixels an inch; None is the source's."""
    color_profile: ColorProfile = ColorProfile.SRGB
    frames: Frames = Frames.FIRST
    """ALL keeps an animation one: PNG, WebP or GIF, without crop, placement and canvas."""
    lenient: bool = False
    """Keep JPEGs and PNGs that end early, as far as they go."""
    outputs: tuple[Output, ...] = (Output(),)
    """Written for each source, in this order."""
    callback: Callback | None = None
    version: int = COMMAND_VERSION

    def extra_images(self) -> dict[str, Source]:
        """The images that it names beside its sources: `background`, `keep`, `remove`."""
        behind = self.background.picture if self.background else None
        named: dict[str, Source | None] = {"background": behind}
        if self.corrections is not None:
            named |= {"keep": self.corrections.keep, "remove": self.corrections.remove}
        return {name: source for name, source in named.items() if source is not None}

    def pictures(self) -> tuple[Source, ...]:
        """Everything that has to be obtained: the sources, and the images beside them."""
        return (*self.sources, *self.extra_images().values())

    def fetches(self) -> bool:
        """Whether any of them is somewhere else, on a host that may be slow."""
        return any(picture.url is not None for picture in self.pictures())

    def to_json(self) -> str:
        """The command as JSON text, as the job store keeps it."""
        return _adapter().dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> "RemoveBackground":
        """The command back from `to_json`. Raises pydantic.ValidationError for other text."""
        return _adapter().validate_json(text)


@cache
def _adapter() -> "TypeAdapter[RemoveBackground]":
    from pydantic import TypeAdapter  # Not at import: half of this package never needs it.

    return TypeAdapter(RemoveBackground)
