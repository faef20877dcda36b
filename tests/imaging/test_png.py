"""Our PNG writer: what goes in comes out, and the file is small."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.png import png
from cutoutd.imaging.png_filter import AVERAGE, PAETH, SUB, UP, filtered

Pixels = NDArray[np.uint8]


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 40),
    channels=st.sampled_from([1, 3, 4]),
    threads=st.integers(1, 4),
    level=st.integers(0, 9),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_every_pixel_comes_back(  # noqa: PLR0917 - hypothesis
    height: int, width: int, channels: int, threads: int, level: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = random.integers(0, 256, shape, dtype=np.uint8)
    pixels[random.random(shape[:2]) < 0.5] = 0
    pixels[height // 3 : height // 2] = 0
    np.testing.assert_array_equal(
        np.asarray(shown(png(pixels, level=level, threads=threads))), pixels
    )


@pytest.mark.parametrize("noisy", [True, False])
def test_the_byte_filters_are_the_specification_s(noisy: bool) -> None:
    random = np.random.default_rng(4)
    rows = random.integers(0, 256, (40, 60), dtype=np.uint8)
    if not noisy:
        rows = np.sort(np.sort(rows, axis=0), axis=1)
    above = rows[0] // 2
    lines = filtered(rows, above, 4)
    up = np.vstack([above, rows[:-1]]).astype(int)
    left = np.pad(rows, ((0, 0), (4, 0)))[:, :-4].astype(int)
    corner = np.pad(up, ((0, 0), (4, 0)))[:, :-4]
    nearness = [np.abs(left + up - corner - value) for value in (left, up, corner)]
    predicted = {
        SUB: left,
        UP: up,
        AVERAGE: (left + up) // 2,
        PAETH: np.choose(np.argmin(nearness, axis=0), (left, up, corner)),
    }[int(lines[0, 0])]
    np.testing.assert_array_equal(lines[:, 1:], (rows - predicted).astype(np.uint8))
    assert len(set(lines[:, 0])) == 1


def natural(photo: Pixels) -> Pixels:
    image = Image.fromarray(photo).resize((640, 480), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 2, (480, 640, 1))
    return np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["opaque", "cutout", "mask", "flat", "stripes"])
def test_the_file_is_hardly_larger_than_pillow_s(
    photo: Pixels, soft_disc: Pixels, kind: str
) -> None:
    pixels = natural(photo)
    alpha = np.asarray(Image.fromarray(soft_disc).resize((640, 480)))
    if kind == "cutout":
        pixels = np.where(alpha[..., None] > 0, np.dstack([pixels, alpha]), 0).astype(np.uint8)
    elif kind == "mask":
        pixels = np.where(alpha > 128, pixels[..., 1], alpha)
    elif kind == "flat":
        pixels = np.full((480, 640, 3), (10, 200, 90), dtype=np.uint8)
    elif kind == "stripes":
        pixels = np.tile(np.arange(640, dtype=np.uint8)[:, None] % 7 * 30, (480, 1, 3))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    assert len(png(pixels, level=1, threads=2)) <= 1.06 * len(file.getvalue()) + 2000


def test_higher_levels_are_smaller(photo: Pixels) -> None:
    pixels = natural(photo)
    sizes = [len(png(pixels, level=level, threads=2)) for level in (0, 1, 6, 9)]
    assert sizes[3] <= sizes[2] <= sizes[1] <= sizes[0]


def test_profile_and_resolution_are_in_the_file(photo: Pixels) -> None:
    image = shown(png(photo, level=1, threads=1, profile=b"icc", dpi=(300, 150)))
    assert image.info["icc_profile"] == b"icc"
    assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
    plain = shown(png(photo, level=1, threads=1))
    assert "icc_profile" not in plain.info
    assert plain.info["srgb"] == 0
