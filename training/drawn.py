"""Sixty-four drawn pictures in the shards' own format, so that the whole chain runs anywhere."""

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from training.data import Kind, PictureSet

SIDE = 96
WIDTH, HEIGHT = 120, 90
SHADES = 4


def draw_shards(folder: Path, *, seed: int = 0) -> tuple[PictureSet, ...]:
    """Write 40 pairs, 16 cut-outs and 8 backgrounds. Returns their sets, 8 pairs held out."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    kinds = ((Kind.PAIRS, 40, 8), (Kind.CUTOUTS, 16, 0), (Kind.BACKGROUNDS, 8, 0))
    sets = []
    for kind, count, held_out in kinds:
        name = f"drawn_{kind}"
        with tarfile.open(folder / f"{name}-00.tar", "w") as tar:
            for number in range(count):
                for suffix, picture in _drawn(kind, random).items():
                    _add(tar, f"{number:03}{suffix}.webp", picture)
        shards = {f"{name}-00.tar": ""}
        terms = "drawn by this file"
        sets.append(PictureSet(name=name, kind=kind, terms=terms, shards=shards, held_out=held_out))
    return tuple(sets)


def _drawn(kind: Kind, random: np.random.Generator) -> dict[str, Image.Image]:
    """The files of one picture, by what their names end in."""
    if kind is Kind.BACKGROUNDS:
        return {"": _backdrop(random)}
    mask = _blob(random)
    colour = Image.new("RGB", mask.size, tuple(random.integers(150, 256, 3).tolist()))
    if kind is Kind.CUTOUTS:
        colour.putalpha(mask)
        return {".rgba": colour}
    photo = _backdrop(random)
    photo.paste(colour, mask=mask)
    return {"": photo, ".mask": mask}


def _backdrop(random: np.random.Generator) -> Image.Image:
    """Dark and blotchy."""
    blotches = random.integers(0, 110, (SHADES, SHADES, 3), np.uint8)
    return Image.fromarray(blotches).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _blob(random: np.random.Generator) -> Image.Image:
    """A soft-edged ellipse or triangle."""
    mask = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    x, y = random.integers(30, 2 * WIDTH - 130), random.integers(20, 2 * HEIGHT - 110)
    wide, high = random.integers(60, 120), random.integers(50, 100)
    pen = ImageDraw.Draw(mask)
    if random.random() < 0.5:
        pen.ellipse((x, y, x + wide, y + high), fill=255)
    else:
        pen.polygon([(x, y + high), (x + wide // 2, y), (x + wide, y + high)], fill=255)
    return mask.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _add(tar: tarfile.TarFile, name: str, picture: Image.Image) -> None:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", lossless=True, method=0)
    member = tarfile.TarInfo(name)
    member.size = stream.tell()
    stream.seek(0)
    tar.addfile(member, stream)
