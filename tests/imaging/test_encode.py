"""Formats, qualities and what a file says about itself."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from cutoutd.command import ImageFormat
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.encode import Tags, encode, media_type

Pixels = NDArray[np.uint8]
WRITTEN = [one for one in ImageFormat if one is not ImageFormat.AUTO]


def written(
    pixels: Pixels, image_format: ImageFormat, *, quality: int = 90, **tags: object
) -> Image.Image:
    data = encode(
        pixels,
        image_format,
        quality=quality,
        png_level=1,
        tags=Tags(**tags),  # type: ignore[arg-type]
    )
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("image_format", WRITTEN)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_format_keeps_the_picture(
    photo: Pixels, soft_disc: Pixels, image_format: ImageFormat, channels: int
) -> None:
    if image_format is ImageFormat.JPEG and channels == 4:
        channels = 3
    pixels = {1: soft_disc, 3: photo, 4: np.dstack([photo, soft_disc])}[channels]
    image = written(pixels, image_format)
    assert image.size == (160, 120)
    assert media_type(image_format) == Image.MIME[image.format or ""]
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    back = np.asarray(image.convert(mode)).reshape(pixels.shape)
    where = soft_disc > 250
    assert np.abs(back[where].astype(int) - pixels[where]).mean() < 6


def test_webp_at_quality_100_loses_nothing(photo: Pixels, soft_disc: Pixels) -> None:
    cutout = np.dstack([photo, soft_disc])
    cutout[soft_disc == 0] = 0
    back = written(cutout, ImageFormat.WEBP, quality=100)
    np.testing.assert_array_equal(np.asarray(back), cutout)


@pytest.mark.parametrize("image_format", [ImageFormat.WEBP, ImageFormat.JPEG, ImageFormat.AVIF])
def test_lower_quality_is_smaller(photo: Pixels, image_format: ImageFormat) -> None:
    sizes = [
        len(encode(photo, image_format, quality=q, png_level=1, tags=Tags())) for q in (95, 40)
    ]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("image_format", sorted({*WRITTEN} - {ImageFormat.GIF}))
def test_a_kept_profile_is_written_where_the_format_has_a_place_for_it(
    photo: Pixels, image_format: ImageFormat
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert written(photo, image_format, profile=profile).info["icc_profile"] == profile
    assert "icc_profile" not in written(photo, image_format).info


def test_resolution_is_kept_where_the_format_has_a_place_for_it(photo: Pixels) -> None:
    for image_format in (ImageFormat.PNG, ImageFormat.JPEG):
        image = written(photo, image_format, dpi=(300.0, 300.0))
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert not image.getexif()


@pytest.mark.parametrize("image_format", [ImageFormat.WEBP, ImageFormat.JPEG])
def test_a_picture_too_wide_for_its_format_is_an_error_that_names_the_field(
    image_format: ImageFormat,
) -> None:
    strip = np.zeros((1, 66_000, 3), dtype=np.uint8)
    with pytest.raises(InvalidRequest) as caught:
        written(strip, image_format)
    assert caught.value.field == "format"
