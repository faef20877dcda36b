"""Find photos that are trained on although a held-out photo is nearly the same.

    python -m training.duplicates DATA > training/left_out.txt

Compares difference hashes of 256 bits (each pixel of a grey 16 x 17 picture brighter than its
left neighbour or not), also of mirror images. It sees other sizes, other compression, small
changes of colour; not crops. What it lists, `pack.trained_on` leaves out.
"""

import argparse
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data import SETS, Kind, PictureSet, examples, held_out

GRID = 16
NEAR = 30
"""Bits of 256 that may differ between two versions of one photo."""


def difference_hash(photo: Image.Image) -> NDArray[np.bool_]:
    """(256,) bits."""
    grey = photo.convert("L").resize((GRID + 1, GRID), Image.Resampling.BOX)
    levels = np.asarray(grey).astype(np.int16)
    return (levels[:, 1:] > levels[:, :-1]).ravel()


def both_hashes(photo: Image.Image) -> NDArray[np.bool_]:
    """(2, 256): of the photo and of its mirror image."""
    mirrored = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.stack([difference_hash(photo), difference_hash(mirrored)])


def distances(some: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n, 256) and (m, 256) bits -> (n, m): how many differ."""
    here, there = (2.0 * bits.astype(np.float32) - 1 for bits in (some, others))
    return ((here.shape[1] - here @ there.T) / 2).round().astype(np.int64)


def near(
    trained: dict[str, NDArray[np.bool_]], kept: Iterable[NDArray[np.bool_]]
) -> dict[str, int]:
    """The trained photos that come near any held-out one, and by how many bits they differ.

    trained: hashes by name, each (256,). kept: `both_hashes` of each held-out photo.
    """
    names, hashes = list(trained), np.stack(list(trained.values()))
    least = distances(hashes, np.concatenate(list(kept))).min(axis=1)
    return {name: int(bits) for name, bits in zip(names, least, strict=True) if bits <= NEAR}


def main() -> None:
    """Print `SET NAME` of each photo to leave out; its distance follows as a comment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the tar shards are")
    arguments = parser.parse_args()
    sets = [pictures for pictures in SETS if pictures.kind is Kind.PAIRS]
    kept: list[NDArray[np.bool_]] = []
    trained: dict[str, dict[str, NDArray[np.bool_]]] = {}
    for pictures in sets:
        trained[pictures.name] = _hashed(pictures, arguments.folder, kept)
    for name, hashes in trained.items():
        for photo, bits in near(hashes, kept).items():
            print(f"{name} {photo}  # {bits}", flush=True)


def _hashed(
    pictures: PictureSet, folder: Path, kept: list[NDArray[np.bool_]]
) -> dict[str, NDArray[np.bool_]]:
    """Hashes of what may be trained on; both hashes of what is held out go to `kept`."""
    everything = list(examples(pictures, folder))
    chosen = held_out(pictures, [example.name for example in everything])
    hashes = {}
    for example in everything:
        photo = Image.open(io.BytesIO(example.picture)).convert("RGB")
        if example.name in chosen:
            kept.append(both_hashes(photo))
        else:
            hashes[example.name] = difference_hash(photo)
    return hashes


if __name__ == "__main__":
    main()
