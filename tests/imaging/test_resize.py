"""Images on another grid."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.resize import BOX, LANCZOS, box_resize, reduce, resize, shrink

METHODS = [BOX, LANCZOS]


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(9).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1200, 801), (801, 1200), (1, 900), (900, 3, 4), (700, 600, 4)])
@pytest.mark.parametrize("factor", [2, 3, 7, 40])
def test_each_square_becomes_its_mean(shape: tuple[int, ...], factor: int) -> None:
    pixels = noise(*shape)
    small = reduce(pixels, factor)
    for row, column in ((0, 0), (len(small) - 1, small.shape[1] - 1)):
        top, left = row * factor, column * factor
        square = pixels[top : top + factor, left : left + factor]
        assert np.abs(small[row, column] - square.mean(axis=(0, 1))).max() <= 0.5


@pytest.mark.parametrize("shape", [(801, 1200), (1200, 801), (300, 9)])
@pytest.mark.parametrize("method", METHODS)
def test_strips_make_what_pillow_makes_of_the_whole(
    shape: tuple[int, int], method: Image.Resampling, use_threads: Callable[[int], None]
) -> None:
    use_threads(3)
    pixels = noise(*shape)
    small = resize(pixels, (64, 50), method).astype(int)
    assert np.abs(small - np.asarray(Image.fromarray(pixels).resize((50, 64), method))).max() <= 1


@pytest.mark.parametrize("shape", [(801, 1200, 4), (1200, 801), (300, 9), (50, 64)])
def test_means_are_rounded_once(shape: tuple[int, ...], use_threads: Callable[[int], None]) -> None:
    use_threads(3)
    pixels = noise(*shape)
    exact = np.asarray(
        Image.fromarray(pixels[..., 0] if pixels.ndim == 3 else pixels)
        .convert("F")
        .resize((50, 64), BOX)
    )
    small = resize(pixels, (64, 50), BOX)
    assert np.abs((small[..., 0] if small.ndim == 3 else small) - exact).max() <= 0.501


def test_an_image_of_the_size_that_is_wanted_stays_as_it_is() -> None:
    pixels = noise(40, 30, 4)
    assert resize(pixels, (40, 30), LANCZOS) is pixels
    assert reduce(pixels, 1) is pixels


def test_enlarging_by_means_repeats_every_pixel() -> None:
    pixels = noise(40, 30)
    np.testing.assert_array_equal(resize(pixels, (120, 60), BOX), pixels.repeat(3, 0).repeat(2, 1))


def test_a_square_that_is_not_full_counts_as_its_part() -> None:
    ramp = np.tile(np.arange(0, 250, dtype=np.uint8), (250, 1))
    cells = box_resize(shrink(ramp, 4), (1, 5))
    np.testing.assert_allclose(cells[0], [24.5, 74.5, 124.5, 174.5, 224.5], atol=2)


@pytest.mark.parametrize(
    ("shape", "to"),
    [
        ((1, 3_000_000), (64, 64)),
        ((3_000_000, 1), (64, 64)),
        ((1, 3_000_000), (1, 1_000_000)),
        ((3_000_000, 1), (1_000_000, 1)),
    ],
)
def test_long_images_need_little_memory(shape: tuple[int, int], to: tuple[int, int]) -> None:
    code = f"""
import numpy, resource
from cutoutd.imaging.resize import LANCZOS, resize
pixels = numpy.full({shape}, 90, dtype=numpy.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert (resize(pixels, {to}, LANCZOS) == 90).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(run.stdout) * unit < 300_000_000
