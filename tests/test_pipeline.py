"""The pipeline as its callers use it."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ImageFormat, ImageKind, MaskEdits, Output, RemoveBackground, Source
from cutoutd.errors import SourceRejected
from cutoutd.pipeline import ImagingLimits, remove_background

SOURCE = (Source(artifact="inputs/a"),)


class LeftHalf:
    """Finds the subject in the left half, whatever the picture."""

    name = "left-half"
    provider = "test"

    def predict(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert rgb.ndim == 3
        assert rgb.shape[2] == 3
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
