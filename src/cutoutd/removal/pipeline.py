"""The steps from the bytes of one picture to the files that were asked for, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Background, ImageKind, Prompt, RemoveBackground
from cutoutd.imaging.compose import contact_shadow, fitted, over, plain
from cutoutd.imaging.decode import decode
from cutoutd.imaging.edits import edited
from cutoutd.imaging.encode import Tags
from cutoutd.imaging.foreground import cut_out, shares, spread
from cutoutd.imaging.geometry import clear_outside, cropped, placed, relative, shrunk_to
from cutoutd.imaging.mask import Found, mask_from_probability, product
from cutoutd.imaging.matting import MattingBudget, matte
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.profiles import to_srgb
from cutoutd.imaging.resize import Shrunk, as_image, reduce, shrink
from cutoutd.imaging.tiles import Plane
from cutoutd.removal.outputs import Encoded, encoded

EMPTY_MASK = "empty_mask"
"""The note that no subject was found."""
INVALID_PREDICTION = "invalid_prediction"
"""The note that the network gave no number somewhere; that is background."""
FLAT_PREDICTION = "flat_prediction"
"""The note that the network sees the same everywhere, and not nothing: it cannot tell."""
FLAT = 1 / 255


class Segmenter(Protocol):
    """A network that finds the subject."""

    name: str
    """Its name in the model registry."""
    provider: str
    """The execution provider that really runs it."""
    sees: int
    """Pixels of a picture's shorter side; more would tell it nothing, and are not handed over."""

    def predict(
        self, pixels: NDArray[np.uint8], prompt: Prompt | None = None
    ) -> NDArray[np.float32]:
        """(H, W, 3) sRGB upright picture -> (h, w) probability of subject, 0..1.

        Or (H, W, 4) whose fourth channel means nothing. At the network's own resolution: the
        whole picture squeezed to it; NaN where it gave no number. prompt: in percentages; only
        for a network that takes prompts.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingLimits:
    """How much one picture may cost."""

    max_pixels: int = 50_000_000
    """Larger sources are rejected from their header."""
    png_level: int = 1
    """0 is fastest, 1 as fast where that costs at most a few percent of size, 9 smallest."""
    matting_seconds: float = 20.0
    """Matting that takes longer falls back: exact to fast, fast to the guided mask."""
    matting_bytes: int = 2_000_000_000
    """Likewise for the memory it keeps on top of the picture's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What came of one picture."""

    images: tuple[Encoded, ...]
    """One for each output of the command, in its order."""
    notes: tuple[str, ...]
    """What the caller should know, as stable words; see `matting` and the constants above."""
    timings_ms: dict[str, float]
    """By stage."""
    width: int
    """Of the upright source."""
    height: int
    model: str
    provider: str
    """The execution provider that really ran the model."""


def remove_background(
    data: bytes,
    command: RemoveBackground,
    segmenter: Segmenter,
    *,
    backdrop: bytes | None = None,
    limits: ImagingLimits = ImagingLimits(),
) -> Removal:
    """Decode one picture, find its subject and write every output of the command.

    backdrop: the bytes of `command.background.picture`, if there is one. Raises SourceRejected
    for a picture that cannot be used, InvalidRequest for an output that cannot be written.
    """
    timings = _Timings()
    with timings.stage("decode"):
        picture = decode(data, max_pixels=limits.max_pixels, color_profile=command.color_profile)
    with timings.stage("segment"):
        small = _reduced_for(picture, segmenter.sees)
        shown = _in_srgb(small, picture)
        if command.prompt is None:
            probability = segmenter.predict(shown)
        else:
            prompt = relative(command.prompt, picture.width, picture.height)
            probability = segmenter.predict(shown, prompt)
    with timings.stage("mask"):
        probability, doubts = _doubted(probability)
        found = mask_from_probability(probability, picture.pixels, small=small)
        if command.region is not None:
            clear_outside(found.mask, command.region)
        mask = edited(found.mask, command.mask)
    with timings.stage("matting"):
        alpha, notes = _matted(picture, mask, found.variance, command, limits)
    with timings.stage("colors"):
        finished, alpha = _composed(
            picture, alpha, command, backdrop, small=small, found=found, limits=limits
        )
    with timings.stage("encode"):
        tags = Tags(profile=picture.profile, dpi=picture.dpi)
        level = limits.png_level
        images = tuple(
            encoded(output, finished, alpha, tags=tags, png_level=level)
            for output in command.outputs
        )
    return Removal(
        images=images,
        notes=(*doubts, *notes) if alpha.any() else (*doubts, *notes, EMPTY_MASK),
        timings_ms=timings.spent_ms,
        width=picture.width,
        height=picture.height,
        model=segmenter.name,
        provider=segmenter.provider,
    )


def _reduced_for(picture: Picture, side: int) -> Shrunk:
    """The picture, its shorter side less than twice `side`, or as it is."""
    factor = max(1, min(picture.width, picture.height) // side)
    return shrink(picture.pixels, factor)


def _in_srgb(small: Shrunk, picture: Picture) -> NDArray[np.uint8]:
    """What the network sees of it: (h, w, 3), or (h, w, 4) whose fourth channel means nothing."""
    if picture.profile is None:
        return small.pixels
    return np.asarray(to_srgb(as_image(small.pixels).convert("RGB"), picture.profile))


def _doubted(
    probability: NDArray[np.float32],
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """The prediction with background where there is no number, and what is wrong with it."""
    lost = np.isnan(probability)
    if lost.any():
        return np.where(lost, np.float32(0), probability), (INVALID_PREDICTION,)
    flat = probability.max() > FLAT and np.ptp(probability) < FLAT
    return probability, (FLAT_PREDICTION,) if flat else ()


def _matted(
    picture: Picture,
    mask: NDArray[np.uint8],
    variance: Plane,
    command: RemoveBackground,
    limits: ImagingLimits,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The alpha channel of the upright picture, and notes."""
    notes: tuple[str, ...] = ()
    if command.matting is not None:
        budget = MattingBudget(seconds=limits.matting_seconds, memory_bytes=limits.matting_bytes)
        mask, notes = matte(
            picture.pixels,
            mask,
            command.matting,
            variance=variance,
            budget=budget,
        )
    if command.mask.invert:
        mask = 255 - mask
    if not picture.opaque:
        mask = product(mask, picture.pixels[..., 3])
    return mask, notes


def _composed(
    picture: Picture,
    alpha: NDArray[np.uint8],
    command: RemoveBackground,
    backdrop: bytes | None,
    *,
    small: Shrunk,
    found: Found,
    limits: ImagingLimits,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The finished picture, (H, W, 4), and the alpha channel of its subject, (H, W)."""
    moved = command.crop is not None or command.placement is not None
    shrinks = command.max_pixels is not None and alpha.size > command.max_pixels
    only_masks = all(output.kind is ImageKind.MASK for output in command.outputs)
    if only_masks and not moved and not shrinks:
        return picture.pixels, alpha
    rgba = picture.pixels
    colors = _colors(alpha, found, small) if command.foreground_estimation else None
    cut_out(rgba, alpha, colors=colors)
    if command.crop is not None:
        rgba = cropped(rgba, command.crop)
    if command.placement is not None:
        rgba = placed(rgba, command.placement)
    if command.max_pixels is not None:
        rgba = shrunk_to(rgba, command.max_pixels)
    if moved or shrinks:
        alpha = np.ascontiguousarray(rgba[..., 3])
    if only_masks:
        return rgba, alpha
    return _layered(rgba, alpha, command, backdrop, limits), alpha


def _colors(alpha: NDArray[np.uint8], found: Found, small: Shrunk) -> Plane:
    """The colours of subject and background; those of the mask, where it became alpha as it is."""
    if alpha is found.mask:
        return found.colors
    levels = reduce(alpha, small.factor)
    return spread(small, shares(small, levels))


def _layered(
    rgba: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    command: RemoveBackground,
    backdrop: bytes | None,
    limits: ImagingLimits,
) -> NDArray[np.uint8]:
    """The cutout on its shadow on its background."""
    linear = command.linear_light
    if command.shadow is not None:
        shadow = contact_shadow(alpha, command.shadow.opacity)
        rgba = over(rgba, shadow, linear_light=linear)
    for behind in _behind(rgba.shape, command.background, backdrop, limits):
        rgba = over(rgba, behind, linear_light=linear)
    return rgba


def _behind(
    shape: tuple[int, ...],
    background: Background | None,
    backdrop: bytes | None,
    limits: ImagingLimits,
) -> Iterator[NDArray[np.uint8]]:
    """The background's layers, the nearest first."""
    if background is None:
        return
    if backdrop is not None:
        picture = decode(backdrop, max_pixels=limits.max_pixels)
        yield fitted(picture.pixels, shape, background.fit)
    if background.color is not None:
        yield plain(shape, background.color)


class _Timings:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.spent_ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.spent_ms[name] = (perf_counter() - started) * 1e3
