"""Decode the shards once into arrays that training reads by index.

    python -m training.pack DATA training/data --side 384

One uint8 array for each set, read from a memory map or from the memory of a GPU. Needs NumPy and
Pillow only.
"""

import argparse
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data import SETS, Example, Kind, PictureSet, examples, held_out, left_out

FROM_ELSEWHERE = [pictures.name for pictures in SETS if all(pictures.shards.values())]
"""Sets that are not made here."""
MOST_DOUBT = 0.4
"""Of a mask that another network drew and that is still learned from."""


def squeezed(example: Example, *, side: int) -> NDArray[np.uint8]:
    """A photo and its mask squeezed to a square, as the product squeezes what it is given.

    Returns (4, side, side): red, green, blue, mask. Without a mask the last plane is 0.
    """
    photo = Image.open(io.BytesIO(example.picture)).convert("RGB")
    mask = (
        Image.open(io.BytesIO(example.mask)).convert("L")
        if example.mask is not None
        else Image.new("L", photo.size)
    )
    square = (side, side)
    small = photo.resize(square, Image.Resampling.LANCZOS, reducing_gap=2.0)
    # A box keeps soft edges within 0..255 without ringing.
    truth = mask.resize(square, Image.Resampling.BOX if mask.width > side else Image.BILINEAR)
    return np.concatenate([np.asarray(small).transpose(2, 0, 1), np.asarray(truth)[np.newaxis]])


def padded(example: Example, *, side: int) -> NDArray[np.uint8]:
    """A cut-out fitted into a transparent square with its proportions kept.

    Returns (4, side, side): red, green, blue times alpha, and alpha.
    """
    cutout = Image.open(io.BytesIO(example.picture)).convert("RGBA")
    box = cutout.getchannel("A").getbbox()
    premultiplied = cutout.crop(box).convert("RGBa")
    scale = side / max(premultiplied.size)
    width, height = (max(1, round(length * scale)) for length in premultiplied.size)
    fitted = premultiplied.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    square = np.zeros((4, side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    levels = np.frombuffer(fitted.tobytes(), np.uint8).reshape(height, width, 4)
    square[:, top : top + height, left : left + width] = levels.transpose(2, 0, 1)
    return square


def with_drawn_masks(
    found: Iterable[Example], folder: Path | None, *, needed: bool
) -> Iterator[Example]:
    """Pictures with the masks that `teach.py` drew of them, where it did.

    folder: of this set's masks; an empty file there, or none, is no mask. needed: leave out
    pictures that have no mask at all.
    """
    for example in found:
        path = folder / f"{example.name}.webp" if folder else None
        if path and path.exists() and path.stat().st_size:
            yield Example(example.name, example.picture, path.read_bytes())
        elif example.mask is not None or not needed:
            yield example


def doubt(mask: NDArray[np.uint8]) -> float:
    """How much of a soft mask, levels 0..255, is neither subject nor background: 0..1.

    A thin thing's edge is much of it: lamp posts have .33. A network that does not know what is
    meant leaves whole areas half transparent: .5 and more.
    """
    levels = mask.astype(np.int64)
    return float(np.minimum(levels, 255 - levels).sum() / max(levels.sum(), 1))


def worth_learning(pictures: PictureSet, example: Example) -> bool:
    """Whether a mask that another network drew is decided enough."""
    if not pictures.taught or example.mask is None:
        return True
    return doubt(np.asarray(Image.open(io.BytesIO(example.mask)).convert("L"))) <= MOST_DOUBT


def pack(
    folder: Path,
    packed: Path,
    *,
    side: int,
    sets: Iterable[PictureSet] = SETS,
    masks: Path | None = None,
    workers: int = 1,
) -> None:
    """Decode every set once: `packed/NAME.npy` (N, 4, side, side) and `packed/NAME.txt`.

    The text file has one name per line, in the order of the array. masks: where `teach.py` drew.
    """
    packed.mkdir(parents=True, exist_ok=True)
    for pictures in sets:
        convert = padded if pictures.kind is Kind.CUTOUTS else squeezed
        drawn = masks / pictures.name if masks else None
        needed = pictures.kind is Kind.PAIRS
        found = [
            example
            for example in with_drawn_masks(examples(pictures, folder), drawn, needed=needed)
            if worth_learning(pictures, example)
        ]
        if not found:
            continue
        shape = (len(found), 4, side, side)
        squares = np.lib.format.open_memmap(packed / f"{pictures.name}.npy", "w+", np.uint8, shape)
        with ThreadPoolExecutor(workers) as pool:  # Pillow works outside of Python's lock.
            for square, made in zip(
                squares, pool.map(partial(convert, side=side), found), strict=True
            ):
                square[:] = made
        squares.flush()
        names = "".join(f"{example.name}\n" for example in found)
        (packed / f"{pictures.name}.txt").write_text(names, encoding="utf-8")
        print(f"{pictures.name}: {len(found)} pictures, {pictures.terms}", flush=True)


def trained_on(pictures: PictureSet, packed: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A packed set: (N, 4, side, side) as a memory map, and the indices that may be trained on."""
    names = (packed / f"{pictures.name}.txt").read_text(encoding="utf-8").splitlines()
    kept_back = held_out(pictures, names) | left_out(pictures)
    squares: NDArray[np.uint8] = np.load(packed / f"{pictures.name}.npy", mmap_mode="c")
    return squares, np.flatnonzero([name not in kept_back for name in names])


def main() -> None:
    """Pack the shards of a folder."""
    parser = argparse.ArgumentParser(description=pack.__doc__)
    parser.add_argument("folder", type=Path, help="where the tar shards are")
    parser.add_argument("packed", type=Path, help="where the arrays go")
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--sets", nargs="+", default=FROM_ELSEWHERE)
    parser.add_argument("--masks", type=Path, help="that training.teach drew")
    parser.add_argument("--workers", type=int, default=1, help="threads")
    arguments = parser.parse_args()
    chosen = [pictures for pictures in SETS if pictures.name in arguments.sets]
    pack(
        arguments.folder,
        arguments.packed,
        side=arguments.side,
        sets=chosen,
        masks=arguments.masks,
        workers=arguments.workers,
    )


if __name__ == "__main__":
    main()
