"""Photos of any size as cameras write them, and what a network shall find in them."""

import io
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.networks import SIDES
from benchmarks.pictures import draw
from numpy.typing import NDArray
from PIL import Image

from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.session import open_session

CACHE = Path(__file__).parent / "cache"
BYTES_PER_PIXEL = 0.3
"""Of a camera's JPEG; grain is added until the photo has as many, so that PNG is not flattered."""
SIZE = SIDES["u2net"]
"""px of a mask's side."""


@cache
def photo(megapixels: float, path: str | None) -> tuple[bytes, NDArray[np.float32]]:
    """JPEG bytes of that size, and the mask that the network shall find in it.

    path: of a photo to enlarge; None: a drawn one.
    """
    stored = CACHE / f"{Path(path).stem if path else 'drawn'}-{megapixels:g}.jpg"
    if stored.exists():  # So that a child's peak memory is not that of making the photo.
        return stored.read_bytes(), np.load(stored.with_suffix(".npy"))
    picture, found = _source(path)
    mask = np.asarray(found.resize((SIZE, SIZE), Image.Resampling.BOX))
    mask = np.clip((mask - 0.5) * 2 + 0.5, 0, 1)  # As sure of itself as U²-Net is.
    data = _as_cameras_write(picture, megapixels)
    CACHE.mkdir(exist_ok=True)
    np.save(stored.with_suffix(".npy"), mask)
    stored.write_bytes(data)
    return data, mask


def _source(path: str | None) -> tuple[Image.Image, Image.Image]:
    """The photo, and the subject's share of each pixel, 0..1."""
    if path is None:
        drawn = draw("fur", 1, 1600, 1200)
        return Image.fromarray(drawn.shown), Image.fromarray(drawn.alpha.astype("f4"))
    picture = Image.open(path).convert("RGB")
    small = open_session(EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file)
    return picture, Image.fromarray(small.predict(np.asarray(picture)))


def _as_cameras_write(picture: Image.Image, megapixels: float) -> bytes:
    """JPEG of that size with as much grain as fills its bytes."""
    scale = (megapixels * 1e6 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    large = np.asarray(picture.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    grain = np.random.default_rng(0).normal(0, 1, (*large.shape[:2], 1)).astype(np.float32)
    for strength in range(1, 12):
        file = io.BytesIO()
        noisy = np.clip(large + grain * strength, 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(file, "JPEG", quality=90)
        if len(file.getvalue()) >= BYTES_PER_PIXEL * grain.size:
            break
    return file.getvalue()
