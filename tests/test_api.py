from pathlib import Path

import pytest
from tests.scenes import ball, decoded, encoded

from cutoutd import remove_background
from cutoutd.errors import InvalidRequest, SourceRejected

PHOTO = encoded(ball(), "JPEG", quality=95)


def test_bytes_and_paths_give_the_same_cutout(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(PHOTO)
    assert remove_background(PHOTO) == remove_background(photo) == remove_background(str(photo))


def test_only_mask_gives_one_channel() -> None:
    assert decoded(remove_background(PHOTO, only_mask=True)).mode == "L"


def test_a_background_colour_leaves_nothing_transparent() -> None:
    flat = decoded(remove_background(PHOTO, background=(255, 0, 0, 255), image_format="jpeg"))
    assert flat.mode == "RGB"
    red, green, blue = flat.getpixel((0, 0))  # type: ignore[misc]
    assert (red > 200, green < 60, blue < 60) == (True, True, True)


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="cutoutd-small"):
        remove_background(PHOTO, model="nonesuch")


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(SourceRejected):
        remove_background(b"just some text")


def test_an_unknown_format_is_refused_naming_it() -> None:
    with pytest.raises(InvalidRequest, match="image_format"):
        remove_background(PHOTO, image_format="tga")
