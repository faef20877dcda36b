"""What is held out: photos of three sets, those with small subjects, composites with known alpha.

Composites are cut-outs that were never trained on, over backgrounds that were not either, so that
every pixel's alpha is right.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data import SETS, Example, Kind, PictureSet, examples, held_out

WIDE = 0.1
"""Part of the frame that a wide scene's subject takes at most."""
BACKGROUNDS_EACH = 3


@dataclass(frozen=True, slots=True)
class Validation:
    """The held-out pictures of one set."""

    pictures: PictureSet
    folder: Path

    def __iter__(self) -> Iterator[Example]:
        everything = list(examples(self.pictures, self.folder))
        chosen = held_out(self.pictures, [example.name for example in everything])
        return (example for example in everything if example.name in chosen)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Photos of one set to choose sizes and factors on: trained on, so that no held-out one is.

    Those whose names have the next smallest sha256 after the held-out ones', in groups as these.
    """

    pictures: PictureSet
    folder: Path
    groups: int = 60

    def __iter__(self) -> Iterator[Example]:
        everything = list(examples(self.pictures, self.folder))
        names = [example.name for example in everything]
        more = replace(self.pictures, held_out=self.pictures.held_out + self.groups)
        chosen = held_out(more, names) - held_out(self.pictures, names)
        return (example for example in everything if example.name in chosen)


@dataclass(frozen=True, slots=True)
class WideScenes:
    """Those of several sets whose subject takes under a tenth of the frame."""

    of: tuple[Validation, ...]

    def __iter__(self) -> Iterator[Example]:
        for photos in self.of:
            for example in photos:
                if truth_of(example).mean() <= 255 * WIDE:
                    yield example


@dataclass(frozen=True, slots=True)
class SoftAlpha:
    """Cut-outs over backgrounds; the same composites every time."""

    cutouts: Validation
    backgrounds: Validation

    def __iter__(self) -> Iterator[Example]:
        return (composite(*one) for one in self.chosen())

    def chosen(self) -> Iterator[tuple[Example, Example, bytes]]:
        """Cut-out, background, and the digest that says where: what `composite` takes."""
        behind = list(self.backgrounds)
        for cutout in self.cutouts:
            for turn in range(BACKGROUNDS_EACH):
                digest = hashlib.sha256(f"{cutout.name}/{turn}".encode()).digest()
                yield cutout, behind[digest[0] % len(behind)], digest


SOFT_ALPHA = "soft_alpha"


def soft_alpha(folder: Path) -> SoftAlpha:
    """The composites of held-out cut-outs. folder: where the tar shards are."""
    held = {one.name: Validation(one, folder) for one in SETS if one.held_out}
    return SoftAlpha(held["cutouts_rendered"], held["backgrounds"])


def validation_sets(folder: Path) -> dict[str, Iterable[Example]]:
    """All of them by name. folder: where the tar shards are."""
    held = {one.name: Validation(one, folder) for one in SETS if one.held_out}
    pairs = {name: photos for name, photos in held.items() if photos.pictures.kind is Kind.PAIRS}
    return {
        **pairs,
        "wide": WideScenes(tuple(pairs.values())),
        SOFT_ALPHA: soft_alpha(folder),
    }


def fitting_sets(folder: Path) -> dict[str, Iterable[Example]]:
    """Photos to choose on, by set: 60 each, and 4 sequences of DAVIS."""
    pairs = [one for one in SETS if one.kind is Kind.PAIRS and one.held_out]
    return {
        one.name: Fitting(one, folder, groups=4 if one.grouped_by_prefix else 60) for one in pairs
    }


def truth_of(example: Example) -> NDArray[np.uint8]:
    """(H, W) levels 0..255."""
    assert example.mask is not None
    return np.asarray(Image.open(io.BytesIO(example.mask)).convert("L"))


class Layers(NamedTuple):
    """What a composite is made of, all (width, height) of the scene."""

    scene: Image.Image
    """RGB."""
    front: Image.Image
    """RGBA: the cut-out in its place, nothing around it."""


def composite(cutout: Example, background: Example, digest: bytes) -> Example:
    """Lay a cut-out over a background, at a size and place that the digest says."""
    scene, front = layers(cutout, background, digest)
    scene.paste(front, (0, 0), front)
    name = f"{cutout.name}+{background.name}"
    return Example(name, _lossless(scene), _lossless(front.getchannel("A")))


def layers(cutout: Example, background: Example, digest: bytes) -> Layers:
    """What `composite` lays over each other."""
    scene = Image.open(io.BytesIO(background.picture)).convert("RGB")
    front = Image.open(io.BytesIO(cutout.picture)).convert("RGBA")
    front = front.crop(front.getchannel("A").getbbox())
    most = min(side / length for side, length in zip(scene.size, front.size, strict=True))
    scale = most * (0.45 + 0.5 * digest[1] / 255)
    front = front.resize(
        (max(1, round(front.width * scale)), max(1, round(front.height * scale))),
        Image.Resampling.LANCZOS,
    )
    left, top = (
        round((side - length) * byte / 255)
        for side, length, byte in zip(scene.size, front.size, digest[2:4], strict=True)
    )
    placed = Image.new("RGBA", scene.size)
    placed.paste(front, (left, top))
    return Layers(scene, placed)


def _lossless(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
