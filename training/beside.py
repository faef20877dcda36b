"""Look at models beside each other: cut-outs of a folder's photos on magenta, and their soft edges.

    python -m training.beside PHOTOS cutoutd-small u2netp.onnx isnet.onnx --out beside.png
    python -m training.beside PHOTOS cutoutd-small isnet.onnx --edges --out edges.png

One row for each photo: the photo, then each model's cut-out. With `--edges` the part of it whose
edges are the softest (hair, fur, leaves) at twice its size.
"""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from training.evaluate import Contestant, contestant_of
from training.sheet import cutout_of

MAGENTA = (255, 0, 255)
"""No subject has it, so that what is left of a background and what is missing both show."""
TILE = 320
WINDOW = 160
"""Side of the part that is shown at twice its size, px."""
SOFT = (13, 242)
"""Levels of alpha between which a pixel is neither subject nor background."""


class Window(NamedTuple):
    """A square part of a photo: its upper left corner, px."""

    left: int
    top: int

    def of(self, image: Image.Image) -> Image.Image:
        """That part, each pixel as two by two."""
        part = image.crop((*self, self.left + WINDOW, self.top + WINDOW))
        return part.resize((2 * WINDOW, 2 * WINDOW), Image.Resampling.NEAREST)


def softest(alpha: NDArray[np.uint8]) -> Window:
    """Where a window of (H, W) levels has the most pixels that are neither 0 nor 1."""
    soft = (alpha > SOFT[0]) & (alpha < SOFT[1])
    density = ndimage.uniform_filter(soft.astype(np.float32), WINDOW, mode="constant")
    row, column = np.unravel_index(int(density.argmax()), density.shape)
    height, width = alpha.shape
    left, top = (
        int(np.clip(middle - WINDOW // 2, 0, max(0, side - WINDOW)))
        for middle, side in ((column, width), (row, height))
    )
    return Window(left, top)


def row_of(photo: bytes, contestants: Sequence[Contestant], *, edges: bool) -> list[Image.Image]:
    """The photo and each contestant's cut-out of it on magenta, at most `TILE` px a side."""
    cutouts = [cutout_of(photo, one.session, one.quality) for one in contestants]
    views = [Image.open(io.BytesIO(photo)).convert("RGB").resize(cutouts[0].size)]
    for cutout in cutouts:
        ground = Image.new("RGB", cutout.size, MAGENTA)
        ground.paste(cutout, mask=cutout.getchannel("A"))
        views.append(ground)
    if edges:
        window = softest(np.asarray(cutouts[0].getchannel("A")))
        return [window.of(view) for view in views]
    for view in views:
        view.thumbnail((TILE, TILE))
    return views


def page_of(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """All rows under each other."""
    page = Image.new("RGB", (TILE * len(rows[0]), TILE * len(rows)), "white")
    for n, row in enumerate(rows):
        for m, view in enumerate(row):
            page.paste(view, (TILE * m, TILE * n))
    return page


def main() -> None:
    """Write one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", nargs="+", help="as training.evaluate takes them")
    parser.add_argument("--edges", action="store_true", help="the softest edges at 200 %%")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    contestants = [contestant_of(model) for model in arguments.models]
    rows = [
        row_of(path.read_bytes(), contestants, edges=arguments.edges)
        for path in sorted(arguments.photos.glob("*.jpg"))
    ]
    page_of(rows).save(arguments.out)


if __name__ == "__main__":
    main()
