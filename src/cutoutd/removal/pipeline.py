"""The stages from the bytes of one image to the files that were asked for, in order.

Every stage takes values and returns a new one; only what has `out=` writes into an array that it
was given. A further stage is a line here and a function in the room that knows how: `imaging` for
arrays, `canvas` for how the finished image is arranged, `outputs` for files.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Frames, MaskEdits, Matting, RemoveBackground
from cutoutd.command.notes import EMPTY_MASK, OWN_ALPHA
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.decode import decode
from cutoutd.imaging.edits import edit
from cutoutd.imaging.encode import Tags
from cutoutd.imaging.foreground import estimate_colors, unmix
from cutoutd.imaging.geometry import clear_outside, exceeds
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.mask import multiply, upsample
from cutoutd.imaging.matting import MattingBudget, matte
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.refine import back_project, refine
from cutoutd.imaging.resize import shrink
from cutoutd.imaging.transparency import cuts_out
from cutoutd.removal.animation import remove_from_frames
from cutoutd.removal.canvas import arrange, compose, moves, shows_colors, source_behind
from cutoutd.removal.correct import correct_mask
from cutoutd.removal.model import Encoded, ExtraImages, ImagingLimits, Removal, Segmenter
from cutoutd.removal.outputs import Finished, encode_output
from cutoutd.removal.segment import View, check, evenly, predict, view_of
from cutoutd.removal.timings import Timings


def remove_background(
    data: bytes,
    command: RemoveBackground,
    segmenter: Segmenter,
    *,
    extra: ExtraImages = ExtraImages(),
    limits: ImagingLimits = ImagingLimits(),
) -> Removal:
    """Decode one image, find its subject and write every output of the command.

    extra: the bytes of the other images that the command names. Raises SourceRejected for an
    image that cannot be used, InvalidRequest for an output that cannot be written or a region
    that ends outside the image.
    """
    timings = Timings()
    with timings.stage("decode"):
        picture = _decode(data, command, limits)
    if command.frames is Frames.ALL and picture.frames > 1:
        calm = evenly(command)
        view = partial(view_of, segmenter=segmenter, quality=calm.quality)
        cut = partial(_cut, command=command, extra=extra, limits=limits, timings=timings)
        images, notes = remove_from_frames(
            data,
            command,
            predict=lambda frame: predict(segmenter, view(frame), frame, calm),
            cut=lambda frame, found: cut(frame, view(frame), found),
            max_pixels=limits.max_pixels,
            budget=limits.max_animation_pixels,
        )
    else:
        finished = cut_out(picture, command, segmenter, extra=extra, limits=limits, timings=timings)
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


def cut_out(
    picture: Picture,
    command: RemoveBackground,
    segmenter: Segmenter,
    *,
    extra: ExtraImages,
    limits: ImagingLimits,
    timings: Timings,
) -> Finished:
    """The finished pixels of one image, before they are encoded. Its own memory is used again.

    Raises InvalidRequest for a region that ends outside the image, and as `remove_background`.
    """
    _check_region(picture, command)
    with timings.stage("segment"):
        view = view_of(picture, segmenter, command.quality)
        prediction = predict(segmenter, view, picture, command)
    return _cut(
        picture, view, prediction, command=command, extra=extra, limits=limits, timings=timings
    )


def _cut(
    picture: Picture,
    view: View,
    prediction: Plane,
    *,
    command: RemoveBackground,
    extra: ExtraImages,
    limits: ImagingLimits,
    timings: Timings,
) -> Finished:
    """All stages between the network and the encoder."""
    rgba, (seen, shrunk, means) = picture.pixels, view
    with timings.stage("mask"):
        probability, doubts = check(prediction)
        soft, variance = upsample(probability, seen, shrunk, means)
        shrunk_soft = shrink(soft, shrunk.factor)
        residual = back_project(probability, shrunk_soft)
        colors = estimate_colors(shrunk, shrunk_soft, residual)
        refined = refine(soft, seen, residual, variance, colors, out=soft)
        own = _is_cutout(picture, refined, command)
        found = np.full_like(refined, 255) if own else refined
        limited = clear_outside(found, command.region)
        corrected, late = correct_mask(limited, seen, command.corrections, extra, limits)
        mask = edit(corrected, command.mask)
    with timings.stage("matting"):
        matted, notes = _matte(seen, mask, variance, None if own else command.matting, limits)
        alpha = _finish_alpha(matted, picture, command.mask)
    with timings.stage("colors"):
        if _needs_other_colors(command, picture):
            colors = estimate_colors(shrunk, shrink(alpha, shrunk.factor))
        behind = source_behind(rgba, alpha, command)
        cutout = _cut_out(rgba, alpha, None if own else colors, command)
        placed = arrange(cutout, alpha, command, max_pixels=limits.max_pixels)
        finished = compose(placed.cutout, command, extra, behind, max_pixels=limits.max_pixels)
    facts = ((OWN_ALPHA, own), (EMPTY_MASK, not placed.alpha.any()))
    notes = (*doubts, *late, *notes, *(note for note, holds in facts if holds), *placed.notes)
    return Finished(finished, placed.alpha, notes)


def _decode(data: bytes, command: RemoveBackground, limits: ImagingLimits) -> Picture:
    """The image, if what is asked of it can be: a region has to lie within it."""
    picture = decode(
        data,
        max_pixels=limits.max_pixels,
        color_profile=command.color_profile,
        lenient=command.lenient,
    )
    _check_region(picture, command)
    return picture


def _check_region(picture: Picture, command: RemoveBackground) -> None:
    if command.region and exceeds(command.region, picture.width, picture.height):
        raise InvalidRequest("The region ends outside the image.", field="region")


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
    changed = command.matting or command.corrections or command.mask != MaskEdits()
    return bool(changed) or not picture.opaque


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
