"""What the network is shown of an image, and what it says."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Quality, RemoveBackground
from cutoutd.command.notes import FLAT_PREDICTION, INVALID_PREDICTION
from cutoutd.imaging.geometry import to_percent
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.mask import round_sure
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.profiles import to_srgb
from cutoutd.imaging.resize import Shrunk, as_image, box_resize, shrink
from cutoutd.imaging.transparency import lay_on_contrast
from cutoutd.removal.model import Segmenter

FLAT = 1 / 255


class View(NamedTuple):
    """What of an image is looked at."""

    seen: NDArray[np.uint8]
    """(H, W, 4), opaque."""
    shrunk: Shrunk
    """Its shorter side less than twice what is seen."""
    means: NDArray[np.uint8] | None
    """(h, w, 4), on the network's own grid, where it looks at nothing else."""


def view_of(picture: Picture, segmenter: Segmenter, quality: Quality) -> View:
    """The image without its transparency, as large as the network and its mask need it."""
    seen = picture.pixels if picture.opaque else lay_on_contrast(picture.pixels)
    shrunk = shrink(seen, max(1, min(seen.shape[:2]) // segmenter.sees))
    grid = segmenter.grid(quality)
    return View(seen, shrunk, None if grid is None else box_resize(shrunk, (grid, grid)))


def predict(segmenter: Segmenter, view: View, picture: Picture, command: RemoveBackground) -> Plane:
    """What the network says of the image in sRGB: (h, w), 0..1, or NaN."""
    shown, prompt = view.shrunk.pixels if view.means is None else view.means, command.prompt
    if picture.profile is not None:
        shown = np.asarray(to_srgb(as_image(shown).convert("RGB"), picture.profile))
    if prompt is not None:
        prompt = to_percent(prompt, picture.width, picture.height)
    return segmenter.predict(shown, prompt, command.quality)


def evenly(command: RemoveBackground) -> RemoveBackground:
    """The command for frames: smoothed along time cell by cell, none may be looked at nearer."""
    high = command.quality is Quality.HIGH
    return replace(command, quality=Quality.BALANCED) if high else command


def check(prediction: Plane) -> tuple[Plane, tuple[str, ...]]:
    """Probabilities, with background where there is no number, and what is wrong with them."""
    lost = np.isnan(prediction)
    if lost.any():
        return round_sure(np.where(lost, np.float32(0), prediction)), (INVALID_PREDICTION,)
    flat = prediction.max() > FLAT and np.ptp(prediction) < FLAT
    return round_sure(prediction), (FLAT_PREDICTION,) if flat else ()
