"""Finished images on a canvas, and what their notes say."""

from typing import Any

import numpy as np
import pytest
from tests.removal.test_pipeline import LeftHalf, png, shown

from cutoutd.command import ImageFormat, Source
from cutoutd.command.notes import SENTENCES, explain
from cutoutd.errors import InvalidRequest
from cutoutd.options.table import read_options
from cutoutd.removal.model import ExtraImages, ImagingLimits, Removal
from cutoutd.removal.pipeline import remove_background


class Middle(LeftHalf):
    """Finds a square in the middle."""

    def predict(self, pixels: Any, *_: object) -> Any:
        probability = np.zeros((60, 60), np.float32)
        probability[20:40, 20:40] = 1
        return probability


def removed(finder: LeftHalf | None = None, /, **options: Any) -> Removal:
    photo = png(np.full((120, 120, 3), (30, 160, 60), np.uint8))
    source = (Source(name="memory"),)
    command = read_options(options).to_command(source, {}, accepted=ImageFormat.PNG)
    limits = ImagingLimits(max_pixels=5_000_000)
    return remove_background(photo, command, finder or Middle(), limits=limits)


def test_the_amazon_preset_is_a_white_square_that_is_filled_as_it_asks() -> None:
    made = removed(preset="amazon", max_enlargement=100)
    image = made.images[0]
    assert (image.media_type, image.width, image.height) == ("image/jpeg", 2000, 2000)
    assert (shown(image.data)[:50, :50] == 255).all()
    assert not [note for note in made.notes if note.startswith(("fill", "touches", "canvas"))]


def test_a_subject_that_fills_too_little_is_told_with_both_numbers() -> None:
    notes = removed(preset="amazon", fill=0.5).notes
    assert any(note.startswith("fill_low:") and note.endswith(":85:amazon") for note in notes)
    assert explain("fill_low:83:85:amazon") == "The subject fills 83 %; amazon wants 85 %."


def test_a_canvas_that_is_too_small_or_not_white_is_told() -> None:
    notes = removed(preset="amazon", size="800x800", background="#eee").notes
    assert "canvas_small:800:1600:amazon" in notes
    assert "background_not_white:amazon" in notes


def test_a_subject_at_the_frame_is_told_with_its_sides() -> None:
    assert "touches_frame:left+top+right+bottom" in removed(size="40x40").notes


def test_without_a_canvas_nothing_is_told() -> None:
    assert removed(crop=True).notes == ()


def test_a_canvas_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="size: the canvas would have 9000 x 9000 pixels"):
        removed(size="9000x9000")


def test_a_canvas_without_a_subject_is_empty() -> None:
    class Nothing(LeftHalf):
        def predict(self, pixels: Any, *_: object) -> Any:
            return np.zeros((60, 60), np.float32)

    made = removed(Nothing(), size="50x70")
    assert (made.images[0].width, made.images[0].height) == (50, 70)
    assert "empty_mask" in made.notes


def test_every_note_is_a_sentence_for_people() -> None:
    for word in SENTENCES:
        told = explain(f"{word}:1:2:amazon")
        assert told.endswith(".")
        assert "{" not in told
    assert explain("new_word:7") == "new_word:7"


def alpha_of(made: Removal) -> Any:
    return shown(made.images[0].data)[..., 3]


@pytest.mark.parametrize("kind", ["contact", "drop", "long", "reflection"])
def test_a_crop_never_cuts_a_shadow_off(kind: str) -> None:
    cropped = alpha_of(removed(crop=True, shadow_type=kind, shadow=1))
    whole = alpha_of(removed(padding="200px", shadow_type=kind, shadow=1))
    assert cropped.size < whole.size / 10
    assert abs(int(cropped.sum()) / int(whole.sum()) - 1) < 0.02


def test_a_canvas_leaves_room_for_a_shadow_beyond_its_padding() -> None:
    alpha = alpha_of(removed(size="200x200", shadow_type="reflection", shadow=1))
    solid = np.flatnonzero((alpha == 255).all(axis=1) | (alpha[:, 100] == 255))
    assert solid[-1] < 170


def test_a_sticker_has_a_line_around_it() -> None:
    pixels = shown(removed(crop=True, outline="10%", outline_color="#f00").images[0].data)
    height, width = pixels.shape[:2]
    assert height > 45
    assert pixels[height // 2, 2].tolist() == [255, 0, 0, 255]
    assert pixels[height // 2, width // 2].tolist() == [30, 160, 60, 255]


def test_the_photo_behind_its_subject_is_blurred_without_the_subject_in_it() -> None:
    pixels = np.full((120, 120, 3), (30, 160, 60), np.uint8)
    pixels[40:80, 40:80] = (250, 0, 0)
    command = read_options({"background_blur": "5%"}).to_command(
        (Source(name="memory"),), {}, accepted=ImageFormat.PNG
    )
    made = shown(remove_background(png(pixels), command, Middle()).images[0].data)
    assert (made[..., 3] == 255).all()
    assert made[60, 60, :3].tolist() == [250, 0, 0]
    assert int(made[60, 32, 0]) < 80


def test_a_background_image_is_blurred_where_that_is_asked_for() -> None:
    stripes = np.zeros((120, 120, 3), np.uint8)
    stripes[:, ::2] = 255
    command = read_options({"background_image": b"", "background_blur": 0.1}).to_command(
        (Source(name="memory"),),
        {"background_image": Source(name="memory")},
        accepted=ImageFormat.PNG,
    )
    photo = png(np.full((120, 120, 3), 9, np.uint8))
    extra = ExtraImages(background=png(stripes))
    made = shown(remove_background(photo, command, Middle(), extra=extra).images[0].data)
    assert abs(int(made[5, 60, 0]) - 127) < 12


def test_a_painted_mask_that_cannot_be_read_is_named() -> None:
    command = read_options({"keep_mask": b""}).to_command(
        (Source(name="memory"),),
        {"keep_mask": Source(name="memory")},
        accepted=ImageFormat.PNG,
    )
    photo = png(np.full((60, 60, 3), 9, np.uint8))
    with pytest.raises(InvalidRequest, match="keep_mask: ") as refused:
        remove_background(photo, command, Middle(), extra=ExtraImages(keep=b"no image"))
    assert refused.value.field == "keep_mask"
