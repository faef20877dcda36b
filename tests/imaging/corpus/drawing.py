"""The image that all files show, and other programs' reading of a file."""

import io

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from tests.imaging.corpus.colors import Pixels

HEIGHT, WIDTH = 48, 64


def photo() -> NDArray[np.uint8]:
    """(48, 64, 3) soft colors, with some grain and two hard edges."""
    random = np.random.default_rng(11)
    noise = Image.fromarray(random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
    soft = np.asarray(noise.filter(ImageFilter.GaussianBlur(6)), dtype=np.float64)
    soft = (soft - soft.mean()) * 6 + 128 + random.normal(0, 2, soft.shape)
    soft[10:30, 12:28] = (200, 60, 40)
    soft[20:44, 40:50] = (30, 90, 160)
    return np.clip(soft, 16, 240).astype(np.uint8)


def read_by_opencv(data: bytes) -> Pixels:
    raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert raw is not None
    levels = raw / (257.0 if raw.dtype == np.uint16 else 1.0)
    if levels.ndim == 2:
        levels = np.dstack((levels,) * 3)
    colors = levels[..., 2::-1]
    alpha = levels[..., 3:] if levels.shape[2] == 4 else np.full((*levels.shape[:2], 1), 255.0)
    return np.dstack((colors, alpha))


def of(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGBA")).astype(np.float64)


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    if name == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()
