"""What a network is given: the whole image, squeezed as Pillow squeezes it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.segmentation.models import EMBEDDED, Resampling, Scale
from cutoutd.segmentation.tensors import tensor_from_image

LANCZOS = Image.Resampling.LANCZOS
LEVELS = replace(
    EMBEDDED,
    size=50,
    mean=(0, 0, 0),
    std=(1, 1, 1),
    scale=Scale.LEVELS,
    resampling=Resampling.LANCZOS,
)


def picture(width: int, height: int, channels: int = 3) -> NDArray[np.uint8]:
    random = np.random.default_rng(width * height)
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("gap", [None, 2.0])
@pytest.mark.parametrize(
    "size", [(50, 50), (333, 217), (1200, 801), (801, 1200), (1, 9), (20, 30), (60, 900), (30, 60)]
)
def test_a_picture_is_resized_as_pillow_does_it_in_one_go(
    size: tuple[int, int], gap: float | None
) -> None:
    pixels = picture(*size)
    whole = Image.fromarray(pixels).resize((50, 50), LANCZOS, reducing_gap=gap)
    tensor = tensor_from_image(pixels, replace(LEVELS, reducing_gap=gap))
    np.testing.assert_array_equal(np.rint(tensor[0].transpose(1, 2, 0) * 255), np.asarray(whole))


def test_a_fourth_channel_means_nothing() -> None:
    pixels = picture(120, 90, 4)
    rgb = np.ascontiguousarray(pixels[..., :3])
    np.testing.assert_array_equal(tensor_from_image(pixels, LEVELS), tensor_from_image(rgb, LEVELS))


@pytest.mark.parametrize("gap", [None, 2.0])
def test_a_short_side_is_repeated_and_a_long_one_is_averaged_where_the_model_wants_it(
    gap: float | None,
) -> None:
    pixels = picture(25, 200)
    tensor = tensor_from_image(pixels, replace(LEVELS, resampling=Resampling.BOX, reducing_gap=gap))
    means = np.repeat(pixels, 2, axis=1).reshape(50, 4, 50, 3).mean(axis=1) / 255
    np.testing.assert_allclose(tensor[0].transpose(1, 2, 0), means, atol=1.01 / 255)


def test_no_colour_is_mixed_where_both_sides_are_too_short() -> None:
    pixels = picture(7, 11)
    tensor = tensor_from_image(pixels, replace(LEVELS, resampling=Resampling.BOX))
    seen = np.rint(tensor[0].transpose(1, 2, 0) * 255).reshape(-1, 3)
    assert set(map(tuple, seen)) == set(map(tuple, pixels.reshape(-1, 3)))
