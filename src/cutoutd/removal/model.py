"""What a removal is given, and what comes of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cutoutd.command import ImageKind, Prompt, Quality
from cutoutd.command.geometry import Box

if TYPE_CHECKING:  # The process that answers HTTP has no arrays.
    import numpy as np
    from numpy.typing import NDArray


class Segmenter(Protocol):
    """A network that finds the subject."""

    name: str
    """Its name in the model registry."""
    provider: str
    """The execution provider that really runs it."""
    sees: int
    """Pixels of an image's shorter side; more would tell it nothing, and are not handed over."""

    def grid(self, quality: Quality) -> int | None:
        """Cells each way, of which the means are all it looks at; None: it wants the pixels."""
        ...

    def predict(
        self, pixels: "NDArray[np.uint8]", prompt: Prompt | None, quality: Quality
    ) -> "NDArray[np.float32]":
        """(H, W, 3) sRGB or (H, W, 4) RGBX, upright -> (h, w) probability of subject, 0..1.

        At the network's own resolution: the whole image resized to it; NaN where it gave no
        number. prompt: in percentages; only for a network that takes prompts.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingLimits:
    """How much one image may cost."""

    max_pixels: int = 50_000_000
    """Larger sources are rejected from their header."""
    max_animation_pixels: int = 50_000_000
    """Frames times pixels, where all frames are kept; more are rejected from the headers."""
    png_level: int = 1
    """0 is fastest, 1 as fast where that costs at most a few percent of size, 9 smallest."""
    matting_seconds: float = 20.0
    """Matting that takes longer falls back: exact to fast, fast to the guided mask."""
    matting_bytes: int = 2_000_000_000
    """Likewise for the memory it keeps on top of the image's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One finished file."""

    kind: ImageKind
    data: bytes
    media_type: str
    width: int
    height: int
    bbox: Box | None
    """Left, top, right, bottom of the subject in this image; right and bottom exclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What came of one image."""

    images: tuple[Encoded, ...]
    """One for each output of the command, in its order."""
    notes: tuple[str, ...]
    """What the caller should know, as stable words; see `command.notes`."""
    timings_ms: dict[str, float]
    """By stage."""
    width: int
    """Of the upright source."""
    height: int
    model: str
    provider: str
    """The execution provider that really ran the model."""


class ExtraImages(NamedTuple):
    """The bytes of the images that a command names beside its source."""

    background: bytes | None = None
    """What lies behind the subject."""
    keep: bytes | None = None
    """White where the subject is, whatever the network says."""
    remove: bytes | None = None
    """White where the background is."""
