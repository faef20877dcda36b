"""What goes into the library, and what comes out."""

import asyncio
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.scenes import ball, decoded, encoded

import cutoutd
from cutoutd import Cutout, InvalidRequest, SourceRejected, aremove_background, remove_background

PIXELS = ball()
PNG = encoded(PIXELS)
WHOLE = remove_background(PNG)


@pytest.mark.parametrize(
    "image",
    [
        bytearray(PNG),
        memoryview(PNG),
        io.BytesIO(PNG),
        decoded(PNG),
        PIXELS,
        PIXELS.astype(np.uint16) * 257,
        PIXELS.astype(np.float32) / 255,
        PIXELS.astype(np.float64) / 255,
        np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)]),
        PIXELS[:, ::-1][:, ::-1],
        np.asfortranarray(PIXELS),
    ],
    ids=lambda image: type(image).__name__,
)
def test_every_kind_of_image_gives_the_same_cutout(image: Any) -> None:
    np.testing.assert_array_equal(remove_background(image).array, WHOLE.array)


def test_paths_and_open_files_give_the_same_cutout(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(PNG)
    with photo.open("rb") as file, Image.open(photo) as image:
        for one in (photo, str(photo), file, image):
            np.testing.assert_array_equal(remove_background(one).array, WHOLE.array)


def test_a_pil_image_is_turned_and_coloured_as_its_file_would_be() -> None:
    turned = encoded(np.rot90(PIXELS).copy(), "JPEG", quality=95, exif=orientation(6))
    with Image.open(io.BytesIO(turned)) as image:
        made = remove_background(image)
    assert (made.width, made.height) == (320, 240)


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = value
    return exif


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_pil_images_of_every_mode_are_read(mode: str) -> None:
    image = Image.fromarray(PIXELS)
    image = image.convert("L").convert(mode) if mode in ("I;16", "F") else image.convert(mode)
    assert remove_background(image).array.shape == (240, 320, 4)


def test_a_list_gives_a_list_and_an_iterator_an_iterator() -> None:
    made = remove_background([PNG, PIXELS])
    assert isinstance(made, list)
    assert [one.bbox for one in made] == [WHOLE.bbox] * 2
    lazy = remove_background(one for one in (PNG, PIXELS))
    assert next(lazy).bbox == WHOLE.bbox


def test_a_cutout_says_all_of_itself() -> None:
    assert isinstance(WHOLE, Cutout)
    assert WHOLE.image.size == (WHOLE.width, WHOLE.height) == (320, 240)
    assert (WHOLE.mask.mode, WHOLE.alpha.shape) == ("L", (240, 320))
    assert WHOLE.bbox == WHOLE.image.getchannel("A").getbbox()
    assert (WHOLE.notes, WHOLE.messages) == ((), ())
    assert bytes(WHOLE) == WHOLE.tobytes()
    np.testing.assert_array_equal(np.asarray(WHOLE), WHOLE.array)


def test_a_white_image_is_told_to_hold_no_subject() -> None:
    made = remove_background(np.full((60, 60, 3), 255, np.uint8))
    if made.bbox is None:
        assert made.messages == ("No subject was found.",)


def test_files_are_written_in_the_format_of_their_name(tmp_path: Path) -> None:
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.avif", "AVIF")):
        assert decoded(WHOLE.save(tmp_path / name).read_bytes()).format == kind
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "a.avif",
        "a.jpg",
        "a.png",
        "a.webp",
    ]


def test_a_name_of_a_format_that_is_not_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="format: must be one of auto, png, webp, jpeg, avif"):
        WHOLE.save(tmp_path / "a.tiff")
    assert not list(tmp_path.iterdir())


def test_the_options_of_the_api_are_keywords() -> None:
    made = remove_background(PNG, size="100x50", background="white", image_quality=50, format="jpg")
    assert (made.width, made.height) == (100, 50)
    assert decoded(made.tobytes()).format == "JPEG"
    mask = remove_background(PNG, outputs="mask")
    assert decoded(mask.tobytes()).mode == "L"


def test_images_may_be_options_too() -> None:
    behind = np.zeros((4, 4, 3), np.uint8)
    keep = np.full(PIXELS.shape[:2], 255, np.uint8)
    made = remove_background(PNG, background_image=behind, keep_mask=keep)
    np.testing.assert_array_equal(made.array[..., :3], PIXELS)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (7, "image: must be a path, a URL, bytes"),
        (np.zeros((3, 4, 2)), r"image: an array must be \(H, W\)"),
        (np.zeros(5), r"image: an array must be \(H, W\)"),
        (np.zeros((0, 5, 3), np.uint8), "The image is empty"),
        (np.zeros((4, 4, 3), np.int32), "image: an array must be uint8, uint16 or float"),
        (np.full((4, 4, 3), 200.0), "image: a float array holds 0 to 1"),
        (io.StringIO("text"), "image: open the file in binary mode"),
        (b"just some text", "image"),
        (b"", "empty"),
    ],
)
def test_what_is_no_image_is_refused_in_one_sentence(image: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        remove_background(image)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bacground": "red"}, "bacground: there is no such option"),
        ({"background": "blurple"}, "background: must be a colour"),
        ({"background": (300, 0, 0)}, "background: must be a colour"),
        ({"preset": "nope"}, "preset: must be one of amazon"),
        ({"format": "tga"}, "format: must be"),
        ({"keep_mask": np.zeros((5, 5), np.uint8)}, "keep_mask: it has 5 x 5 pixels"),
        ({"background_image": 7}, "background_image: must be"),
    ],
)
def test_a_wrong_option_is_refused_as_everywhere(options: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as refused:
        remove_background(PNG, **options)
    assert refused.value.field == next(iter(options))


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="cutoutd-small"):
        remove_background(PNG, model="nonesuch")


def test_an_image_is_removed_beside_an_event_loop() -> None:
    made = asyncio.run(aremove_background(PNG))
    assert made.bbox == WHOLE.bbox


def test_an_animation_stays_one() -> None:
    file = io.BytesIO()
    frames = [Image.fromarray(PIXELS), Image.fromarray(np.roll(PIXELS, 9, axis=1))]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    made = remove_background(file.getvalue(), frames="all", format="webp")
    assert getattr(decoded(made.tobytes()), "n_frames", 1) == 2


def test_the_package_names_what_it_gives() -> None:
    for name in cutoutd.__all__:
        assert name in dir(cutoutd)
        assert getattr(cutoutd, name) is not None
    with pytest.raises(AttributeError, match="remove_backgroud"):
        _ = cutoutd.remove_backgroud  # type: ignore[attr-defined]
    assert issubclass(SourceRejected, cutoutd.CutoutError)
