"""The stages from the bytes of one image to the files that were asked for, in order.

Every stage takes values and returns a new one; only what has `out=` writes into an array that it
was given. A further stage is a line here and a function in the room that knows how: `imaging` for
arrays, `canvas` for how the finished image is arranged, `outputs` for files.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Frames, MaskEdits, Matting, Prompt, Quality, RemoveBackground
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.decode import decode
from cutoutd.imaging.edits import edit
from cutoutd.imaging.encode import Tags
from cutoutd.imaging.foreground import estimate_colors, unmix
from cutoutd.imaging.geometry import clear_outside, exceeds, to_percent
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.mask import multiply, round_sure, upsample
from cutoutd.imaging.matting import MattingBudget, matte
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.profiles import to_srgb
from cutoutd.imaging.refine import back_project, refine
from cutoutd.imaging.resize import Shrunk, as_image, shrink
from cutoutd.imaging.transparency import cuts_out, lay_on_contrast
from cutoutd.removal.animation import remove_from_frames
from cutoutd.removal.canvas import arrange, compose, moves, shows_colors
from cutoutd.removal.outputs import Encoded, Finished, encode_output
from cutoutd.removal.timings import Timings

EMPTY_MASK = "empty_mask"
"""The note that no subject was found."""
OWN_ALPHA = "cut_out_already"
"""The note that the image's own alpha is a cutout, and was kept."""
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
    """Pixels of an image's shorter side; more would tell it nothing, and are not handed over."""

    def predict(
        self, pixels: NDArray[np.uint8], prompt: Prompt | None, quality: Quality
    ) -> NDArray[np.float32]:
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
class Removal:
    """What came of one image."""

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
    """Decode one image, find its subject and write every output of the command.

    backdrop: the bytes of `command.background.picture`, if there is one. Raises SourceRejected
    for an image that cannot be used, InvalidRequest for an output that cannot be written or a
    region that ends outside the image.
    """
    timings = Timings()
    with timings.stage("decode"):
        picture = _decode(data, command, limits)
    cut = partial(_cut, command=command, backdrop=backdrop, limits=limits, timings=timings)
    if command.frames is Frames.ALL and picture.frames > 1:
        evenly = _evenly(command)
        images, notes = remove_from_frames(
            data,
            command,
            predict=lambda frame: _predict(segmenter, _view(frame, segmenter), frame, evenly),
            cut=lambda frame, found: cut(frame, _view(frame, segmenter), found),
            max_pixels=limits.max_pixels,
            budget=limits.max_animation_pixels,
        )
    else:
        with timings.stage("segment"):
            view = _view(picture, segmenter)
            prediction = _predict(segmenter, view, picture, command)
        finished = cut(picture, view, prediction)
        with timings.stage("encode"):
            images = _encode(finished, picture, command, limits)
        notes = (*picture.notes, *finished.notes)
    return Removal(
        images=images,
        notes=notes,
        timings_ms=timings.spent_ms,
        width=picture.width,
        height=picture.height,
        model=segmenter.name,
        provider=segmenter.provider,
    )


class _View(NamedTuple):
    """What of an image is looked at."""

    seen: NDArray[np.uint8]
    """(H, W, 4), opaque."""
    shrunk: Shrunk


def _view(picture: Picture, segmenter: Segmenter) -> _View:
    """The image without its transparency, and its shorter side less than twice what is seen."""
    seen = picture.pixels if picture.opaque else lay_on_contrast(picture.pixels)
    return _View(seen, shrink(seen, max(1, min(seen.shape[:2]) // segmenter.sees)))


def _cut(
    picture: Picture,
    view: _View,
    prediction: Plane,
    *,
    command: RemoveBackground,
    backdrop: bytes | None,
    limits: ImagingLimits,
    timings: Timings,
) -> Finished:
    """All stages between the network and the encoder."""
    rgba, (seen, shrunk) = picture.pixels, view
    with timings.stage("mask"):
        probability, doubts = _check(prediction)
        soft, variance = upsample(probability, seen, shrunk)
        shrunk_soft = shrink(soft, shrunk.factor)
        residual = back_project(probability, shrunk_soft)
        colors = estimate_colors(shrunk, shrunk_soft, residual)
        refined = refine(soft, seen, residual, variance, colors, out=soft)
        own = _is_cutout(picture, refined, command)
        found = np.full_like(refined, 255) if own else refined
        mask = edit(clear_outside(found, command.region), command.mask)
    with timings.stage("matting"):
        matted, notes = _matte(seen, mask, variance, None if own else command.matting, limits)
        alpha = _finish_alpha(matted, picture, command.mask)
    with timings.stage("colors"):
        if _needs_other_colors(command, picture):
            colors = estimate_colors(shrunk, shrink(alpha, shrunk.factor))
        cutout = _cut_out(rgba, alpha, None if own else colors, command)
        placed = arrange(cutout, alpha, command, max_pixels=limits.max_pixels)
        finished = compose(
            placed.cutout, placed.alpha, command, backdrop, max_pixels=limits.max_pixels
        )
    facts = ((OWN_ALPHA, own), (EMPTY_MASK, not placed.alpha.any()))
    notes = (*doubts, *notes, *(note for note, holds in facts if holds), *placed.notes)
    return Finished(finished, placed.alpha, notes)


def _decode(data: bytes, command: RemoveBackground, limits: ImagingLimits) -> Picture:
    """The image, if what is asked of it can be: a region has to lie within it."""
    picture = decode(
        data,
        max_pixels=limits.max_pixels,
        color_profile=command.color_profile,
        lenient=command.lenient,
    )
    if command.region and exceeds(command.region, picture.width, picture.height):
        raise InvalidRequest("The region ends outside the image.", field="region")
    return picture


def _predict(
    segmenter: Segmenter, view: _View, picture: Picture, command: RemoveBackground
) -> Plane:
    """What the network says of the image in sRGB: (h, w), 0..1, or NaN."""
    shown, prompt = view.shrunk.pixels, command.prompt
    if picture.profile is not None:
        shown = np.asarray(to_srgb(as_image(shown).convert("RGB"), picture.profile))
    if prompt is not None:
        prompt = to_percent(prompt, picture.width, picture.height)
    return segmenter.predict(shown, prompt, command.quality)


def _evenly(command: RemoveBackground) -> RemoveBackground:
    """The command for frames: smoothed along time cell by cell, none may be looked at nearer."""
    high = command.quality is Quality.HIGH
    return replace(command, quality=Quality.BALANCED) if high else command


def _check(prediction: Plane) -> tuple[Plane, tuple[str, ...]]:
    """Probabilities, with background where there is no number, and what is wrong with them."""
    lost = np.isnan(prediction)
    if lost.any():
        return round_sure(np.where(lost, np.float32(0), prediction)), (INVALID_PREDICTION,)
    flat = prediction.max() > FLAT and np.ptp(prediction) < FLAT
    return round_sure(prediction), (FLAT_PREDICTION,) if flat else ()


def _is_cutout(picture: Picture, found: NDArray[np.uint8], command: RemoveBackground) -> bool:
    """Whether the image is a cutout already, and nobody says which part of it is meant."""
    return not picture.opaque and command.prompt is None and cuts_out(picture.pixels[..., 3], found)


def _matte(
    rgba: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    variance: Plane,
    wanted: Matting | None,
    limits: ImagingLimits,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The mask after matting, if it is wanted, and notes."""
    if wanted is None:
        return mask, ()
    budget = MattingBudget(seconds=limits.matting_seconds, memory_bytes=limits.matting_bytes)
    return matte(rgba, mask, wanted, variance=variance, budget=budget)


def _finish_alpha(mask: NDArray[np.uint8], picture: Picture, edits: MaskEdits) -> NDArray[np.uint8]:
    """The alpha channel of the upright image: inverted if asked, and no more than its own."""
    alpha = 255 - mask if edits.invert else mask
    return alpha if picture.opaque else multiply(alpha, picture.pixels[..., 3])


def _needs_other_colors(command: RemoveBackground, picture: Picture) -> bool:
    """Whether alpha is no more the refined mask, whose colours were estimated.

    A region takes something away from the mask; the colours of what remains are the same.
    """
    if not (shows_colors(command) and command.foreground_estimation):
        return False
    return command.matting is not None or command.mask != MaskEdits() or not picture.opaque


def _cut_out(
    rgba: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    colors: Plane | None,
    command: RemoveBackground,
) -> NDArray[np.uint8]:
    """The cutout, in the memory of the image, which nothing needs from here on.

    It stays the image where nobody sees more of it than its mask.
    """
    if not shows_colors(command) and not moves(command, alpha):
        return rgba
    return unmix(rgba, alpha, colors if command.foreground_estimation else None, out=rgba)


def _encode(
    finished: Finished, picture: Picture, command: RemoveBackground, limits: ImagingLimits
) -> tuple[Encoded, ...]:
    dpi = picture.dpi if command.dpi is None else (command.dpi, command.dpi)
    tags = Tags(profile=picture.profile, dpi=dpi)
    return tuple(
        encode_output(
            output, finished.pixels, finished.alpha, tags=tags, png_level=limits.png_level
        )
        for output in command.outputs
    )
