"""What a network is given: the whole image, squeezed as Pillow squeezes it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.segmentation.models import EMBEDDED, Scale
from cutoutd.segmentation.tensors import tensor_from_image

LANCZOS = Image.Resampling.LANCZOS
LEVELS = replace(
    EMBEDDED,
    size=50,
    mean=(0, 0, 0),
    std=(1, 1, 1),
    scale=Scale.LEVELS,
    repeats_pixels=False,
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


def test_a_side_that_is_too_short_is_enlarged_by_repetition_where_the_model_wants_it() -> None:
    pixels = picture(25, 200)
    tensor = tensor_from_image(pixels, replace(LEVELS, repeats_pixels=True, reducing_gap=None))
    wide = np.repeat(pixels, 2, axis=1)
    np.testing.assert_array_equal(
        tensor, tensor_from_image(wide, replace(LEVELS, reducing_gap=None))
    )


def test_no_colour_is_mixed_where_both_sides_are_too_short() -> None:
    pixels = picture(7, 11)
    tensor = tensor_from_image(pixels, replace(LEVELS, repeats_pixels=True))
    seen = np.rint(tensor[0].transpose(1, 2, 0) * 255).reshape(-1, 3)
    assert set(map(tuple, seen)) == set(map(tuple, pixels.reshape(-1, 3)))
