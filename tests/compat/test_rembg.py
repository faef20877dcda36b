"""Programs written for rembg, with their import line changed."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.scenes import ball, decoded, encoded

from cutoutd import InvalidRequest
from cutoutd.compat.rembg import new_session, remove

PHOTO = encoded(ball(), "JPEG", quality=95)


def test_what_goes_in_comes_out() -> None:
    image = Image.open(io.BytesIO(PHOTO))
    assert remove(image).mode == "RGBA"
    array = remove(np.asarray(image))
    assert (array.shape, array.dtype) == ((240, 320, 4), np.uint8)
    assert decoded(remove(PHOTO)).mode == "RGBA"


def test_the_arguments_are_rembgs() -> None:
    cutout = remove(
        PHOTO,
        alpha_matting=True,
        alpha_matting_foreground_threshold=270 - 30,
        alpha_matting_background_threshold=20,
        alpha_matting_erode_size=11,
        post_process_mask=True,
        bgcolor=(255, 255, 255, 255),
    )
    assert decoded(cutout).getpixel((0, 0)) == (255, 255, 255, 255)
    session = new_session("cutoutd-small")
    assert decoded(remove(PHOTO, session=session, only_mask=True)).mode == "L"
    assert isinstance(remove(Image.open(io.BytesIO(PHOTO)), force_return_bytes=True), bytes)
    assert remove(np.asarray(ball()), only_mask=True).shape == (240, 320)


@pytest.mark.parametrize(
    ("data", "more", "field"),
    [("photo.jpg", {}, "data"), (PHOTO, {"sam_prompt": []}, "sam_prompt")],
)
def test_what_cannot_be_done_is_said(data: Any, more: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        remove(data, **more)
    assert refused.value.field == field
