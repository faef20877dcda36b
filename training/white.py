"""Make cut-outs of photos on pure white: their colours are known wherever their alpha is.

    python -m training.white DATA DERIVED --masks MASKS

Writes DERIVED/cutouts_white-00.tar from the photos of shops whose masks another network drew:
people with all their hair and fingers, lamps, chairs. Pasted over skies, rooms and shelves they
teach what such photos alone cannot.
"""

import argparse
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data import SETS, Example, examples
from training.pack import doubt, with_drawn_masks

WHITE = 250
"""Level from which a channel counts as white: JPEG leaves a little."""
LEAST_WHITE = 0.9
"""Part of what is behind the subject that is: shadows are not."""
CLEAR = 4
"""Level of alpha up to which a pixel is behind the subject."""
SURE = 0.12
"""The most doubt that a cut-out's alpha has: pasted, a ghost of an arm would be learned as one."""
LEAST, MOST = 0.03, 0.9
"""Parts of the picture that a subject takes."""


def on_white(photo: NDArray[np.uint8], mask: NDArray[np.uint8]) -> bool:
    """Whether what a mask leaves is white; (H, W, 3) and (H, W) levels."""
    behind = photo[mask <= CLEAR]
    return bool(len(behind) and (behind >= WHITE).all(axis=1).mean() >= LEAST_WHITE)


def cut_out(photo: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) levels on white and (H, W) alpha -> (H, W, 4) whose colours have no white in them.

    What is seen is alpha times the colour plus the rest white: solved for the colour.
    """
    alpha = mask[..., np.newaxis].astype(np.float32) / 255
    premultiplied = np.clip(photo - 255 * (1 - alpha), 0, 255 * alpha)
    colour = premultiplied / np.maximum(alpha, 1 / 255)
    return np.concatenate([colour.round().astype(np.uint8), mask[..., np.newaxis]], axis=2)


def cutouts_of(found: Iterator[Example]) -> Iterator[tuple[str, Image.Image]]:
    """Names and cut-outs of those photos that are on white."""
    for example in found:
        assert example.mask is not None
        photo = np.asarray(Image.open(io.BytesIO(example.picture)).convert("RGB"))
        mask = np.asarray(Image.open(io.BytesIO(example.mask)).convert("L"))
        clear = doubt(mask) <= SURE and LEAST <= mask.mean() / 255 <= MOST
        if clear and on_white(photo, mask):
            yield example.name, Image.fromarray(cut_out(photo, mask))


def main() -> None:
    """Write the shard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="where the tar shards are")
    parser.add_argument("out", type=Path)
    parser.add_argument("--masks", type=Path, help="that training.teach drew")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    count = 0
    with tarfile.open(arguments.out / "cutouts_white-00.tar", "w") as tar:
        for pictures in (known for known in SETS if known.taught):
            drawn = arguments.masks / pictures.name if arguments.masks else None
            found = with_drawn_masks(examples(pictures, arguments.data), drawn, needed=True)
            for name, cutout in cutouts_of(found):
                _add(tar, f"{name}.rgba.webp", cutout)
                count += 1
    print(f"{count} cut-outs")


def _add(tar: tarfile.TarFile, name: str, cutout: Image.Image) -> None:
    stream = io.BytesIO()
    cutout.save(stream, "WEBP", lossless=True)
    member = tarfile.TarInfo(name)
    member.size = stream.tell()
    stream.seek(0)
    tar.addfile(member, stream)


if __name__ == "__main__":
    main()
