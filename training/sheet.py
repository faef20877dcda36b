"""Look at a model: cut-outs of held-out photos over a checkerboard, and its worst ones.

python -m training.sheet DATA cutoutd-small --errors training/runs/evaluation/duts_tr.json
"""

import argparse
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from cutoutd.command import Quality, RemoveBackground
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.session import Session
from training.data import Example
from training.evaluate import session_of
from training.validation import validation_sets

USUAL = RemoveBackground(sources=())
TILE = 200
SQUARE = 10
SHOWN = 24
WORST = 10


def cutout_of(photo: bytes, session: Session, quality: Quality = USUAL.quality) -> Image.Image:
    """What a caller who asks for nothing else is sent."""
    removal = remove_background(photo, replace(USUAL, quality=quality), session)
    return Image.open(io.BytesIO(removal.images[0].data))


def checkerboard(size: tuple[int, int]) -> Image.Image:
    """Two greys, as picture editors show transparency."""
    columns, rows = (np.arange(length) // SQUARE % 2 for length in size)
    light = rows[:, None] ^ columns[None, :]
    return Image.fromarray(np.where(light, 204, 153).astype(np.uint8)).convert("RGB")


def tile(example: Example, session: Session) -> Image.Image:
    """Photo and cut-out side by side, and the truth between them if it is known."""
    photo = Image.open(io.BytesIO(example.picture)).convert("RGB")
    cutout = cutout_of(example.picture, session)
    board = checkerboard(cutout.size)
    board.paste(cutout, mask=cutout.getchannel("A"))
    views = [photo, board]
    if example.mask is not None:
        views.insert(1, Image.open(io.BytesIO(example.mask)).convert("RGB"))
    strip = Image.new("RGB", (len(views) * TILE, TILE), "white")
    for n, view in enumerate(views):
        view.thumbnail((TILE - 4, TILE - 4))
        strip.paste(view, (n * TILE + 2, 2))
    return strip


def sheet(chosen: Sequence[Example], session: Session, *, columns: int = 2) -> Image.Image:
    """All tiles on one white page."""
    tiles = [tile(example, session) for example in chosen]
    width, height = tiles[0].size
    rows = -(-len(tiles) // columns)
    page = Image.new("RGB", (columns * width, rows * height), "white")
    for n, one in enumerate(tiles):
        page.paste(one, (n % columns * width, n // columns * height))
    return page


def main() -> None:
    """Write MODEL-SET-sheet.png and -worst.png beside the errors that `training.evaluate` kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="where the tar shards are")
    parser.add_argument("model")
    parser.add_argument("--errors", type=Path, required=True)
    arguments = parser.parse_args()
    chosen_set = arguments.errors.stem
    held_out = validation_sets(arguments.data)[chosen_set]
    photos = {example.name: example for example in held_out}
    session = session_of(arguments.model)
    errors = json.loads(arguments.errors.read_text(encoding="utf-8"))["errors"]
    name = Path(arguments.model).stem
    ranked = sorted(errors, key=lambda photo: errors[photo][name], reverse=True)
    every = max(1, len(photos) // SHOWN)
    chosen = [photos[photo] for photo in sorted(photos)[::every][:SHOWN]]
    out = arguments.errors.parent / f"{name}-{chosen_set}"
    sheet(chosen, session).save(f"{out}-sheet.png")
    sheet([photos[photo] for photo in ranked[:WORST]], session).save(f"{out}-worst.png")


if __name__ == "__main__":
    main()
