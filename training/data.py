"""The pictures: which sets, under which terms, what is held out, and how they are packed.

The sets come as tar shards of WebP files: `NAME.webp` with `NAME.mask.webp` (a photo and its
mask), `NAME.rgba.webp` (a cut-out whose alpha is the truth) or `NAME.webp` alone (a background).
Packing decodes each shard once into one uint8 array per set, so that training reads pictures
by index, from a memory map or from the memory of a GPU.

This file needs NumPy and Pillow only.
"""

import argparse
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEFT_OUT = Path(__file__).with_name("left_out.txt")


class Kind(StrEnum):
    """What a set is made of."""

    PAIRS = "pairs"
    CUTOUTS = "cutouts"
    BACKGROUNDS = "backgrounds"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """One set: facts only."""

    name: str
    kind: Kind
    terms: str
    shards: dict[str, str]
    """File name and sha256 of each tar shard."""
    held_out: int = 0
    """Groups that are never trained on: those whose names have the smallest sha256."""
    grouped_by_prefix: bool = False
    """Names are GROUP_NUMBER and a group is held out whole, as frames of one video are."""
    taught: bool = False
    """Masks are another network's, soft and sometimes wrong."""


PHOTOS_OF_MANY = (
    "photos: clothing dataset CC0, Magento sample data OSL 3.0, grocery MIT, Oxford pets "
    "CC BY-SA 4.0, others (ImageNet samples, Caltech-101, IKEA, flowers, cars) for research"
)

SETS = (
    PictureSet(
        name="duts_tr",
        kind=Kind.PAIRS,
        terms="photos from ImageNet DET and SUN, for research; Wang et al., CVPR 2017",
        shards={
            "duts_tr-00.tar": "a5f1486479d51fbf4b38364b3e610e98ba0ec915b7b30a0f0fb01e00570cb6be",
            "duts_tr-01.tar": "a7e2c7023ae7a6d355fbf9bb541753dca2473350ccae9c4903a0fa2afedb9393",
            "duts_tr-02.tar": "6a73e5b106405bfdfb726feaccc55fdfbe2620fdca74c14cd2778ab3affd3fff",
            "duts_tr-03.tar": "8fc37704579c52506bf8a0ad6c5e81dbdeca55ec64abf535208632371bc44928",
        },
        held_out=600,
    ),
    PictureSet(
        name="people_ccp",
        kind=Kind.PAIRS,
        terms="Clothing Co-Parsing, repository Apache-2.0; Yang et al., CVPR 2014",
        shards={
            "people_ccp-00.tar": "98537868889566ce1d646fbc537187aaa95c1b4e12f800d22fcde21919e37ef4"
        },
        held_out=100,
    ),
    PictureSet(
        name="davis",
        kind=Kind.PAIRS,
        terms="DAVIS 2017 training sequences, CC BY 4.0; Pont-Tuset et al., 2017",
        shards={"davis-00.tar": "8a54b56bfd6d4542e322e3207426a212b69fe6d65a0440a7b2ff57a745a34dfb"},
        held_out=8,
        grouped_by_prefix=True,
    ),
    PictureSet(
        name="horses",
        kind=Kind.PAIRS,
        terms="Weizmann horses, for research; Borenstein and Ullman, ECCV 2002",
        shards={
            "horses-00.tar": "3a12956701bf4db1264e2d6c1b256545d2cd50b3b0c8fce5e2320e2e4e61be96"
        },
    ),
    PictureSet(
        name="pseudo",
        kind=Kind.PAIRS,
        terms=f"masks of IS-Net (MIT) at 1024 px; {PHOTOS_OF_MANY}",
        shards={
            "pseudo-00.tar": "8a7d396a1ff4c6fff1ea0fcd89773ece59ce1f49ec6e5e235ea520d55a4d4683"
        },
        taught=True,
    ),
    PictureSet(
        name="unlabelled",
        kind=Kind.PAIRS,
        terms=f"masks of IS-Net (MIT), drawn by teach.py; {PHOTOS_OF_MANY}",
        shards={
            "unlabelled-00.tar": "4dd2acec705fc67d54852e9d9149f6e41c30d1fe1dc0b6f6b9e083f45e46c712"
        },
        taught=True,
    ),
    PictureSet(
        name="cutouts_emoji",
        kind=Kind.CUTOUTS,
        terms="Fluent emoji, 3D style, MIT",
        shards={
            "cutouts_emoji-00.tar": (
                "36199ee29affc9f2dc028257a112a16911e6d4f59394d49b7685732526990a57"
            )
        },
    ),
    PictureSet(
        name="cutouts_rendered",
        kind=Kind.CUTOUTS,
        terms="objects from the TRELLIS and TRELLIS.2 examples, MIT",
        shards={
            "cutouts_rendered-00.tar": (
                "26cea78151e0bac2371d26644b6c9cc841e2fd1d5f0b492eff489f764f52727e"
            )
        },
        held_out=20,
        grouped_by_prefix=True,
    ),
    PictureSet(
        name="backgrounds",
        kind=Kind.BACKGROUNDS,
        terms="CC0, Unsplash, some CC BY-SA; textures of DTD for research",
        shards={
            "backgrounds-00.tar": "0697dbf0e3b5361b96daf252182fd6c45f94a19686cf90f3bba6b841b572a643"
        },
        held_out=40,
    ),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One picture of a set, as it is in its shard."""

    name: str
    picture: bytes
    mask: bytes | None


def held_out(pictures: PictureSet, names: Iterable[str]) -> frozenset[str]:
    """The names of a set that are never trained on. The same on every machine, for ever."""
    groups: dict[str, list[str]] = {}
    for name in names:
        group = name.rsplit("_", 1)[0] if pictures.grouped_by_prefix else name
        groups.setdefault(group, []).append(name)
    ranked = sorted(groups, key=lambda group: hashlib.sha256(group.encode()).digest())
    return frozenset(name for group in ranked[: pictures.held_out] for name in groups[group])


def left_out(pictures: PictureSet) -> frozenset[str]:
    """The names of a set that are nearly the same as a held-out photo (`duplicates.py`)."""
    lines = LEFT_OUT.read_text(encoding="utf-8").splitlines()
    known = (line.split("#")[0].split(maxsplit=1) for line in lines)
    return frozenset(name.strip() for set_name, name in known if set_name == pictures.name)


def examples(pictures: PictureSet, folder: Path) -> Iterator[Example]:
    """Every picture of a set in the order of its shards, sides as stored.

    Raises ValueError if a shard is not the one this file knows.
    """
    for shard, sha256 in pictures.shards.items():
        data = (folder / shard).read_bytes()
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError(f"{shard} is not the file that {pictures.name} was trained on")
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            files = {member.name: member for member in tar.getmembers() if member.isfile()}
            for file, member in files.items():
                if file.endswith(".mask.webp"):
                    continue
                name = file.removesuffix(".webp").removesuffix(".rgba")
                mask = files.get(f"{name}.mask.webp")
                yield Example(name, _content(tar, member), _content(tar, mask) if mask else None)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read()


def squeezed(example: Example, side: int) -> NDArray[np.uint8]:
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


def padded(example: Example, side: int) -> NDArray[np.uint8]:
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


def pack(
    folder: Path,
    packed: Path,
    *,
    side: int,
    sets: Iterable[PictureSet] = SETS,
    masks: Path | None = None,
) -> None:
    """Decode every set once: `packed/NAME.npy` (N, 4, side, side) and `packed/NAME.txt`.

    The text file has one name per line, in the order of the array. masks: where `teach.py` drew.
    """
    packed.mkdir(parents=True, exist_ok=True)
    for pictures in sets:
        convert = padded if pictures.kind is Kind.CUTOUTS else squeezed
        found = list(
            with_drawn_masks(
                examples(pictures, folder),
                masks / pictures.name if masks else None,
                needed=pictures.kind is Kind.PAIRS,
            )
        )
        if not found:
            continue
        shape = (len(found), 4, side, side)
        squares = np.lib.format.open_memmap(packed / f"{pictures.name}.npy", "w+", np.uint8, shape)
        for square, example in zip(squares, found, strict=True):
            square[:] = convert(example, side)
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
    parser.add_argument("--sets", nargs="+", default=[pictures.name for pictures in SETS])
    parser.add_argument("--masks", type=Path, help="that training.teach drew")
    arguments = parser.parse_args()
    chosen = [pictures for pictures in SETS if pictures.name in arguments.sets]
    pack(
        arguments.folder, arguments.packed, side=arguments.side, sets=chosen, masks=arguments.masks
    )


if __name__ == "__main__":
    main()
