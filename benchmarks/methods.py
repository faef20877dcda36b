"""One given mask through ours and through rembg's pipeline: what edges.py and halo.py compare."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import rembg
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Matting, MattingMode, RemoveBackground, Source
from cutoutd.removal.model import ImagingLimits
from cutoutd.removal.pipeline import remove_background

LIMITS = ImagingLimits(matting_seconds=600, matting_bytes=8_000_000_000)
SOURCES = (Source(artifact="given"),)
Levels = NDArray[np.uint8]


@dataclass(frozen=True)
class OneMask:
    """A network that has already answered: both products' idea of a session."""

    probability: NDArray[np.float32]
    """(h, w), 0..1."""
    sees: int
    """px of a picture's shorter side, beyond which the network gains nothing."""
    name: str = "one-mask"
    provider: str = "one-mask"

    def grid(self, _quality: object) -> None:
        """It wants the pixels."""

    def predict(self, picture: object, *_: object) -> object:
        """Ours: an array in, probabilities out. rembg's: an image in, a list of masks out."""
        if isinstance(picture, np.ndarray):
            return self.probability
        assert isinstance(picture, Image.Image)
        mask = Image.fromarray((self.probability * 255).astype(np.uint8))
        return [mask.resize(picture.size, Image.Resampling.LANCZOS)]


class Cut(NamedTuple):
    """What a method makes of a picture."""

    pixels: Levels
    """(H, W, 4), straight alpha."""
    notes: tuple[str, ...] = ()
    """What ours said about it: a method that gave up, for one."""


Method = Callable[[Image.Image, OneMask], Cut]


def ours(matting: Matting | None) -> Method:
    command = RemoveBackground(sources=SOURCES, matting=matting)

    def cut(shown: Image.Image, network: OneMask) -> Cut:
        file = io.BytesIO()
        shown.save(file, "PNG")
        removal = remove_background(file.getvalue(), command, network, limits=LIMITS)
        made = Image.open(io.BytesIO(removal.images[0].data)).convert("RGBA")
        return Cut(np.asarray(made), removal.notes)

    return cut


def theirs(**options: bool) -> Method:
    return lambda shown, network: Cut(np.asarray(rembg.remove(shown, session=network, **options)))


METHODS = {
    "rembg": theirs(),
    "rembg, decontaminate": theirs(decontaminate=True),
    "rembg, alpha_matting": theirs(alpha_matting=True),
    "cutoutd": ours(None),
    "cutoutd, matting fast": ours(Matting()),
    "cutoutd, matting exact": ours(Matting(mode=MattingMode.EXACT)),
}
