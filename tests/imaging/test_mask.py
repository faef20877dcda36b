"""The network's small answer on a large image."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.mask import multiply, round_sure, upsample
from cutoutd.imaging.resize import shrink


def two_colours(shape: tuple[int, int], edge: float) -> NDArray[np.uint8]:
    """(H, W, 4): orange left of a slanted edge, blue right of it."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    left = columns + rows * 0.2 < edge * shape[1]
    rgba = np.where(left[..., None], (220, 120, 30, 255), (30, 60, 140, 255))
    return np.ascontiguousarray(rgba.astype(np.uint8))


def upsampled(prediction: NDArray[np.float32], rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return upsample(round_sure(prediction), rgba, shrink(rgba, 1))[0]


def test_the_mask_follows_the_edge_of_the_picture_not_the_grid() -> None:
    rgba = two_colours((480, 640), 0.5)
    truth = (rgba[..., 0] > 100).astype(np.float32)
    small = np.asarray(Image.fromarray(truth).resize((64, 48), Image.Resampling.BOX))
    mask = upsampled(small, rgba)
    blurred = np.asarray(Image.fromarray(small).resize((640, 480), Image.Resampling.BICUBIC))
    ours = np.abs(mask / 255 - truth).mean()
    assert ours * 3 < np.abs(np.clip(blurred, 0, 1) - truth).mean()


@pytest.mark.parametrize("level", [0.0, 0.005, 0.995, 1.0])
def test_what_is_nearly_sure_is_sure(level: float) -> None:
    rgba = two_colours((100, 300), 0.4)
    probability = np.full((32, 32), level, dtype=np.float32)
    mask = upsampled(probability, rgba)
    assert (mask == round(level) * 255).all()


def test_any_sizes_fit_together() -> None:
    random = np.random.default_rng(8)
    for height, width, side in ((1, 1, 8), (3, 500, 32), (129, 257, 320), (40, 30, 7)):
        rgba = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
        probability = random.random((side, side), dtype=np.float32)
        mask = upsampled(probability, rgba)
        assert mask.shape == (height, width)


def test_the_number_of_threads_changes_nothing(use_threads: Callable[[int], None]) -> None:
    rgba = two_colours((300, 400), 0.6)
    probability = np.random.default_rng(1).random((40, 40), dtype=np.float32)
    found = []
    for threads in (1, 3):
        use_threads(threads)
        found.append(upsampled(probability, rgba))
    one, three = found
    np.testing.assert_array_equal(one, three)


def test_alpha_channels_multiply() -> None:
    levels = np.arange(256, dtype=np.uint8)
    full = np.full(256, 255, dtype=np.uint8)
    np.testing.assert_array_equal(multiply(levels, full), levels)
    np.testing.assert_array_equal(multiply(levels, full * 0), 0)
    assert multiply(full[:1] // 2, full[:1] // 2)[0] == 63
