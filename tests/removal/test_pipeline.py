"""The pipeline as its callers use it."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import (
    Background,
    Crop,
    ImageFormat,
    ImageKind,
    Length,
    MaskEdits,
    Matting,
    Output,
    RemoveBackground,
    Shadow,
    Source,
)
from cutoutd.command.notes import EMPTY_MASK, FLAT_PREDICTION, INVALID_PREDICTION
from cutoutd.errors import SourceRejected
from cutoutd.removal.model import ExtraImages, ImagingLimits, Removal
from cutoutd.removal.pipeline import remove_background

SOURCE = (Source(artifact="inputs/a"),)


class LeftHalf:
    """Finds the subject in the left half, whatever the image."""

    name = "left-half"
    provider = "test"
    sees = 1024

    def grid(self, _quality: object) -> int | None:
        return None

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        assert pixels.ndim == 3
        assert pixels.shape[2] in (3, 4)
        probability = np.zeros((64, 64), dtype=np.float32)
        probability[:, :32] = 1
        return probability


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def shown(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture
def photo() -> bytes:
    noise = np.random.default_rng(7).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    return png(noise)


def test_the_subject_keeps_its_colours_and_the_rest_vanishes(photo: bytes) -> None:
    removal = remove_background(photo, RemoveBackground(sources=SOURCE), LeftHalf())
    cutout = shown(removal.images[0].data)
    assert cutout.shape == (96, 128, 4)
    np.testing.assert_array_equal(cutout[:, :50, :3], shown(photo)[:, :50])
    assert (cutout[:, :50, 3] == 255).all()
    assert not cutout[:, 80:].any()


def test_every_output_is_written_in_the_order_it_was_asked_for(photo: bytes) -> None:
    outputs = (
        Output(kind=ImageKind.MASK),
        Output(format=ImageFormat.WEBP),
        Output(kind=ImageKind.MASK, base64=True),
    )
    command = RemoveBackground(sources=SOURCE, outputs=outputs)
    mask, cutout, text = remove_background(photo, command, LeftHalf()).images
    assert (mask.media_type, mask.width, mask.height) == ("image/png", 128, 96)
    assert shown(mask.data).ndim == 2
    assert cutout.media_type == "image/webp"
    assert text.media_type == "text/plain"
    assert text.data.isascii()


def test_an_inverted_mask_is_the_complement(photo: bytes) -> None:
    plain = RemoveBackground(sources=SOURCE, outputs=(Output(kind=ImageKind.MASK),))
    inverse = RemoveBackground(sources=SOURCE, outputs=plain.outputs, mask=MaskEdits(invert=True))
    one, other = (
        shown(remove_background(photo, command, LeftHalf()).images[0].data)
        for command in (plain, inverse)
    )
    np.testing.assert_array_equal(one, 255 - other)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_is_rejected(data: bytes) -> None:
    with pytest.raises(SourceRejected):
        remove_background(data, RemoveBackground(sources=SOURCE), LeftHalf())


def test_a_picture_over_the_limit_is_rejected_before_it_is_decoded(photo: bytes) -> None:
    with pytest.raises(SourceRejected) as caught:
        remove_background(
            photo,
            RemoveBackground(sources=SOURCE),
            LeftHalf(),
            limits=ImagingLimits(max_pixels=100 * 100),
        )
    assert caught.value.reason == "too_many_pixels"


class Disc:
    """Finds a soft disc in the middle."""

    name = "disc"
    provider = "test"
    sees = 1024

    def grid(self, _quality: object) -> int | None:
        return None

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        rows, columns = np.mgrid[:64, :64]
        distance = np.hypot(rows - 32, columns - 32)
        return np.clip((20 - distance) / 3, 0, 1).astype(np.float32)


class Small(Disc):
    """Remembers what it was shown."""

    sees = 100

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        self.shown = pixels.shape[:2]
        return super().predict(pixels)


class Nothing(Disc):
    """Finds no subject."""

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        return super().predict(pixels) * 0


class Fixed(Disc):
    """Sees what it is told to see."""

    def __init__(self, probability: NDArray[np.float32]) -> None:
        self.probability = probability

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        return self.probability


def run(data: bytes, segmenter: Disc | None = None, **asked: object) -> Removal:
    command = RemoveBackground(sources=SOURCE, **asked)  # type: ignore[arg-type]
    return remove_background(data, command, segmenter or Disc())


def test_matting_changes_the_edge_and_only_the_edge(photo: bytes) -> None:
    plain = shown(run(photo).images[0].data)
    matted = run(photo, matting=Matting(erode_px=4))
    cutout = shown(matted.images[0].data)
    assert matted.notes == ()
    assert cutout[48, 64, 3] == 255
    assert cutout[2, 2, 3] == 0
    assert (cutout[..., 3] != plain[..., 3]).any()


def test_the_mask_is_the_alpha_channel_of_the_cutout(photo: bytes) -> None:
    outputs = (Output(), Output(kind=ImageKind.MASK), Output(kind=ImageKind.COLOR))
    for crop in (None, Crop(left=Length(value=3))):
        cutout, mask, color = (shown(i.data) for i in run(photo, outputs=outputs, crop=crop).images)
        np.testing.assert_array_equal(cutout[..., 3], mask)
        np.testing.assert_array_equal(cutout[..., :3], color)


def test_the_box_is_where_the_subject_is_in_the_written_picture(photo: bytes) -> None:
    whole = run(photo).images[0]
    cut = run(photo, crop=Crop()).images[0]
    assert whole.bbox is not None
    left, top, right, bottom = whole.bbox
    assert (cut.width, cut.height) == (right - left, bottom - top)
    assert cut.bbox == (0, 0, cut.width, cut.height)


def test_an_input_s_own_transparency_stays(photo: bytes) -> None:
    rgba = np.dstack([shown(photo), np.full((96, 128), 255, dtype=np.uint8)])
    rgba[:, :70, 3] = 0
    cutout = shown(run(png(rgba)).images[0].data)
    assert not cutout[:, :70].any()
    assert cutout[48, 75, 3] == 255


def test_a_background_colour_makes_the_picture_opaque(photo: bytes) -> None:
    outputs = (Output(format=ImageFormat.AUTO), Output(format=ImageFormat.PNG))
    removal = run(photo, background=Background(color=(10, 200, 30, 255)), outputs=outputs)
    auto, lossless = removal.images
    assert auto.media_type == "image/jpeg"
    pixels = shown(lossless.data)
    assert (pixels[..., 3] == 255).all()
    assert tuple(pixels[0, 0]) == (10, 200, 30, 255)
    assert auto.bbox == run(photo).images[0].bbox


def test_a_background_picture_is_seen_behind_the_subject(photo: bytes) -> None:
    behind = np.full((20, 20, 3), (1, 2, 250), dtype=np.uint8)
    command = RemoveBackground(
        sources=SOURCE, background=Background(picture=Source(artifact="b")), shadow=Shadow()
    )
    removal = remove_background(photo, command, Disc(), extra=ExtraImages(background=png(behind)))
    pixels = shown(removal.images[0].data)
    assert tuple(pixels[0, 0]) == (1, 2, 250, 255)
    assert tuple(pixels[48, 64, :3]) == tuple(shown(photo)[48, 64])


def test_jpeg_of_a_cutout_stands_on_white(photo: bytes) -> None:
    picture = shown(run(photo, outputs=(Output(format=ImageFormat.JPEG),)).images[0].data)
    assert picture[0, 0].min() > 250


def test_a_picture_without_a_subject_says_so(photo: bytes) -> None:
    removal = run(photo, segmenter=Nothing(), crop=Crop(), matting=Matting())
    assert EMPTY_MASK in removal.notes
    assert removal.images[0].bbox is None
    assert removal.images[0].width == 128


def test_finished_pictures_shrink_to_the_limit(photo: bytes) -> None:
    image = run(photo, max_pixels=3000).images[0]
    assert image.width * image.height <= 3000
    assert image.width / image.height == pytest.approx(128 / 96, rel=0.03)


def test_the_output_has_the_upright_input_s_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "JPEG", exif=exif)
    removal = run(file.getvalue())
    assert (removal.width, removal.height) == (40, 60)
    assert (removal.images[0].width, removal.images[0].height) == (40, 60)


def test_a_network_is_shown_no_more_than_it_can_use() -> None:
    network = Small()
    file = io.BytesIO()
    Image.new("RGB", (700, 350)).save(file, "PNG")
    remove_background(file.getvalue(), RemoveBackground(sources=SOURCE), network)
    assert network.shown == (117, 234)


def test_the_same_request_gives_the_same_bytes(photo: bytes) -> None:
    one, other = (run(photo, matting=Matting()).images[0].data for _ in range(2))
    assert one == other


def test_one_pixel_is_a_picture() -> None:
    data = png(np.array([[[9, 8, 7]]], dtype=np.uint8))
    for matting in (None, Matting()):
        assert run(data, matting=matting).images[0].width == 1


def test_what_the_network_gives_no_number_for_is_background_and_noted(photo: bytes) -> None:
    probability = Disc().predict(np.zeros((8, 8, 3), np.uint8))
    probability[:, 32:] = np.nan
    removal = run(photo, Fixed(probability))
    alpha = shown(removal.images[0].data)[..., 3]
    assert removal.notes == (INVALID_PREDICTION,)
    assert (alpha[48, 50], alpha[48, 80]) == (255, 0)


def test_a_network_that_cannot_tell_is_noted(photo: bytes) -> None:
    half = np.full((64, 64), 0.5, dtype=np.float32)
    assert run(photo, Fixed(half)).notes == (FLAT_PREDICTION,)
    assert run(photo, Fixed(half * 0)).notes == (EMPTY_MASK,)
    assert run(photo, Fixed(half * np.float32(np.nan))).notes == (INVALID_PREDICTION, EMPTY_MASK)


class OnGrid(Small):
    """Looks at means over 40 x 40 cells, and at nothing else."""

    def grid(self, _quality: object) -> int | None:
        return 40


def test_a_network_that_looks_at_means_is_handed_them_on_its_own_grid(photo: bytes) -> None:
    network = OnGrid()

    remove_background(photo, RemoveBackground(sources=SOURCE), network)

    assert network.shown == (40, 40)
