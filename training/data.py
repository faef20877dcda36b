"""The pictures: which sets, under which terms, and what is held out.

The sets come as tar shards of WebP files: `NAME.webp` with `NAME.mask.webp` (a photo and its
mask), `NAME.rgba.webp` (a cut-out whose alpha is the truth) or `NAME.webp` alone (a background).
`pack.py` makes arrays of them.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

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
    """File name and sha256 of each tar shard; no sha256: it was made here."""
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
        name="cutouts_white",
        kind=Kind.CUTOUTS,
        terms=f"made by white.py of photos on white with masks of IS-Net; {PHOTOS_OF_MANY}",
        shards={"cutouts_white-00.tar": ""},
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
