"""Our PNG writer: what goes in comes out, and the file is small."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.imaging.reference import SUB, UP

from cutoutd.imaging import png as png_module
from cutoutd.imaging.png import encode_png
from cutoutd.imaging.png_filter import filter_rows
from cutoutd.imaging.threads import set_num_threads

Pixels = NDArray[np.uint8]


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.usefixtures("use_threads")
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
    set_num_threads(threads)
    random = np.random.default_rng(seed)
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = random.integers(0, 256, shape, dtype=np.uint8)
    pixels[random.random(shape[:2]) < 0.5] = 0
    pixels[height // 3 : height // 2] = 0
    np.testing.assert_array_equal(np.asarray(shown(encode_png(pixels, level=level))), pixels)


@pytest.mark.parametrize("shape", [(1, 2_000_000, 4), (3, 700_000, 4)])
def test_rows_may_be_wider_than_a_block(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(shown(encode_png(pixels, level=1))), pixels)


def test_each_few_rows_get_the_filter_that_leaves_less() -> None:
    random = np.random.default_rng(6)
    across = np.repeat(random.integers(0, 256, (48, 1)), 400, axis=1)
    down = np.repeat(random.integers(0, 256, (1, 400)), 48, axis=0)
    rows = np.concatenate([across, down, across]).astype(np.uint8)
    lines = np.concatenate([block.copy() for block in filter_rows(rows, slice(0, len(rows)), 1)])
    assert lines[:48, 0].tolist() == [SUB] * 48
    assert lines[64:96, 0].tolist() == [UP] * 32
    assert lines[112:, 0].tolist() == [SUB] * 32


@pytest.mark.parametrize("kind", [SUB, UP])
def test_rows_are_less_what_the_specification_predicts(kind: int) -> None:
    random = np.random.default_rng(4)
    steady, other = np.linspace(0, 255, 40 * 60).reshape(40, 60), random.integers(0, 256, 60)
    rows = (steady + other).astype(np.uint8)
    if kind == SUB:
        rows = np.ascontiguousarray(np.tile(random.integers(0, 256, (40, 1)), 60), dtype=np.uint8)
    lines = np.concatenate([block.copy() for block in filter_rows(rows, slice(7, 40), 4)])
    up, left = rows[6:-1], np.pad(rows[7:], ((0, 0), (4, 0)))[:, :-4]
    assert set(lines[:, 0]) == {kind}
    np.testing.assert_array_equal(lines[:, 1:], rows[7:] - (left if kind == SUB else up))


def natural(photo: Pixels, size: tuple[int, int] = (640, 480), quality: int = 90) -> Pixels:
    """Enlarged, with grain, and through JPEG as photos come."""
    image = Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 4, (*size[::-1], 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)).save(
        file, "JPEG", quality=quality
    )
    return np.asarray(Image.open(file))


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
    assert len(encode_png(pixels, level=1)) <= 1.06 * len(file.getvalue()) + 200


@pytest.mark.parametrize("kind", ["grain", "blocks", "smooth", "empty"])
def test_a_large_file_is_hardly_larger_either(photo: Pixels, kind: str) -> None:
    size = (1300, 1200)
    pixels = natural(photo, size, quality=75 if kind == "blocks" else 90)
    if kind == "smooth":
        pixels = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC))
    alpha = np.zeros(size[::-1], dtype=np.uint8)
    if kind != "empty":
        alpha[100:-100, 100:-100] = 255
    pixels = np.where(alpha[..., None] > 0, np.dstack([pixels, alpha]), 0).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    data = encode_png(pixels, level=1)
    np.testing.assert_array_equal(np.asarray(shown(data)), pixels)
    assert len(data) <= 1.06 * len(file.getvalue()) + 4000


def test_higher_levels_are_smaller(photo: Pixels) -> None:
    pixels = natural(photo)
    sizes = [len(encode_png(pixels, level=level)) for level in (0, 1, 6, 9)]
    assert sizes[3] <= sizes[2] <= sizes[1] <= sizes[0]


def test_profile_and_resolution_are_in_the_file(photo: Pixels) -> None:
    image = shown(encode_png(photo, level=1, profile=b"icc", dpi=(300, 150)))
    assert image.info["icc_profile"] == b"icc"
    assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
    plain = shown(encode_png(photo, level=1))
    assert "icc_profile" not in plain.info
    assert plain.info["srgb"] == 0


@pytest.mark.parametrize(
    ("pillows", "chosen"), [(1000, png_module.QUICK), (900, png_module.CAREFUL)]
)
def test_the_quick_way_is_right_where_pillow_s_file_would_be_as_large(
    photo: Pixels, monkeypatch: pytest.MonkeyPatch, pillows: int, chosen: object
) -> None:
    rows = np.tile(photo, (6, 6, 1)).reshape(720, -1)
    sizes = {png_module.QUICK: 1000, png_module.RUNS: 1200}
    monkeypatch.setattr(png_module, "_measure", lambda _, way: sizes[way])
    monkeypatch.setattr(png_module, "_measure_pillow", lambda some, *_: pillows * len(some))
    assert png_module._choose_by_samples(rows, 3) == chosen
