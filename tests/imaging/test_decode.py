"""Every kind of file becomes the same upright sRGB image."""

import contextlib
import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from cutoutd.command import ColorProfile
from cutoutd.errors import SourceRejected
from cutoutd.imaging.decode import decode
from cutoutd.imaging.picture import Picture

LIMIT = 1_000_000
FORMATS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "TIFF": {},
    "BMP": {},
    "GIF": {},
    "HEIF": {"quality": -1, "chroma": 444},
}
MODES = {
    "JPEG": ("RGB", "L", "CMYK", "YCCK"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "WEBP": ("RGB", "RGBA", "L"),
    "AVIF": ("RGB", "RGBA", "L"),
    "TIFF": ("RGB", "RGBA", "L", "LA", "CMYK", "I;16", "1", "P"),
    "BMP": ("RGB", "L", "P", "1"),
    "GIF": ("RGB", "L", "P"),
    "HEIF": ("RGB", "RGBA", "L"),
}
ORIENTED = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF")
HANDLED = {"none": ColorProfile.SRGB, "converted": ColorProfile.SRGB, "kept": ColorProfile.KEEP}
"""What is done about a profile that exchanges red and green."""
CASES = [
    (name, mode, orientation, profile)
    for name, modes in MODES.items()
    for mode in modes
    for orientation in (range(1, 9) if name in ORIENTED else (1,))
    for profile in (HANDLED if name in ORIENTED and mode in ("RGB", "RGBA") else ("none",))
]


def scene() -> NDArray[np.uint8]:
    """(24, 32, 4): four flat patches and a soft hole, different after every turn."""
    pixels = np.zeros((24, 32, 4), dtype=np.uint8)
    pixels[:12, :16] = (200, 40, 40, 255)
    pixels[:12, 16:] = (40, 180, 60, 255)
    pixels[12:, :16] = (50, 70, 200, 255)
    pixels[12:, 16:] = (230, 220, 120, 128)
    return pixels


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(scene())
    if mode in ("RGBA", "LA"):
        return image.convert(mode)
    opaque = image.convert("RGB")
    if mode == "YCCK":
        return opaque.convert("CMYK")
    if mode == "I;16":
        return Image.fromarray(np.asarray(opaque.convert("L")).astype(np.uint16) * 257)
    return opaque.convert(mode)


def levels_of(mode: str) -> NDArray[np.uint8]:
    """What the image in this mode looks like, as Pillow itself would show it."""
    if mode == "I;16":
        return np.asarray(in_mode("L").convert("RGBA"))
    return np.asarray(in_mode(mode).convert("RGBA"))


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    if name == "HEIF":
        pytest.importorskip("pi_heif")
        pytest.importorskip("pillow_heif").register_heif_opener()
    file = io.BytesIO()
    image.save(file, name, **{**FORMATS[name], **options})
    return file.getvalue()


def exif_transpose(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def lowered(image: Image.Image, orientation: int) -> Image.Image:
    """The image as a camera held that way would store it: upright again after the tag."""
    for turn in (None, *Image.Transpose):
        stored = image if turn is None else image.transpose(turn)
        stored.getexif()[0x0112] = orientation
        upright = ImageOps.exif_transpose(stored)
        if upright.size == image.size and upright.tobytes() == image.tobytes():
            return image if turn is None else image.transpose(turn)
    raise AssertionError(orientation)


def as_ycck(image: Image.Image, **options: object) -> bytes:
    """A CMYK image as print shops store it: its first three channels as YCbCr.

    Pillow does not write it, but a CMYK file of those channels that says so is one. Adobe's
    files, and Pillow, count ink from the other end.
    """
    cyan, magenta, yellow, black = image.split()
    channels = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    exif_transpose = [channel.point(lambda level: 255 - level) for channel in channels]
    data = bytearray(saved(Image.merge("CMYK", (*exif_transpose, black)), "JPEG", **options))
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    data[transform] = 2
    return bytes(data)


@pytest.mark.parametrize(("name", "mode", "orientation", "profile"), CASES)
def test_every_format_mode_orientation_and_profile_shows_the_same_scene(
    name: str, mode: str, orientation: int, profile: str
) -> None:
    options: dict[str, object] = {}
    if orientation > 1:
        options["exif"] = exif_transpose(orientation).tobytes()
    if profile != "none":
        options["icc_profile"] = swapped_primaries()
    stored = lowered(in_mode(mode), orientation)
    data = as_ycck(stored, **options) if mode == "YCCK" else saved(stored, name, **options)

    picture = decode(data, max_pixels=LIMIT, color_profile=HANDLED[profile])

    assert picture.pixels.shape == (24, 32, 4)
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.flags.writeable
    assert picture.opaque == (mode not in ("RGBA", "LA"))
    assert picture.profile == (swapped_primaries() if profile == "kept" else None)
    expected = levels_of(mode)[..., [1, 0, 2, 3] if profile == "converted" else [0, 1, 2, 3]]
    tolerance = 6 if name in ("JPEG", "AVIF", "HEIF") else 2 if profile == "converted" else 1
    inner = np.s_[2:-2, 2:-2]  # Lossy formats ring at the frame and between the patches.
    difference = np.abs(picture.pixels[inner].astype(int) - expected[inner])
    assert np.percentile(difference, 90) <= tolerance


@cache
def swapped_primaries() -> bytes:
    """An sRGB profile with red and green exchanged: no conversion can be overlooked."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", data, 128)[0]
    places = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    data[red : red + 4], data[green : green + 4] = data[green : green + 4], data[red : red + 4]
    description = places[b"desc"]
    offset, size = struct.unpack_from(">II", data, description + 4)
    data[offset : offset + size] = data[offset : offset + size].replace(
        "sRGB".encode("utf-16-be"), "swap".encode("utf-16-be")
    )
    return bytes(data)


def test_a_damaged_profile_counts_as_none() -> None:
    data = saved(in_mode("RGB"), "PNG", icc_profile=b"not a profile at all")
    picture = decode(data, max_pixels=LIMIT)
    np.testing.assert_array_equal(picture.pixels, levels_of("RGB"))


def test_the_fast_jpeg_path_shows_exactly_what_pillow_shows(photo: NDArray[np.uint8]) -> None:
    for options in ({"quality": 90}, {"quality": 60, "progressive": True, "subsampling": 2}):
        file = io.BytesIO()
        Image.fromarray(photo).save(file, "JPEG", **options)
        expected = np.asarray(Image.open(file).convert("RGB"))
        picture = decode(file.getvalue(), max_pixels=LIMIT)
        np.testing.assert_array_equal(picture.pixels[..., :3], expected)
        assert (picture.pixels[..., 3] == 255).all()


def test_deep_grey_keeps_its_levels() -> None:
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16).reshape(16, 16)
    picture = decode(saved(Image.fromarray(ramp), "PNG"), max_pixels=LIMIT)
    np.testing.assert_array_equal(picture.pixels[..., 0], np.arange(256).reshape(16, 16))


def test_sixteen_bits_a_colour_lose_only_their_low_byte() -> None:
    picture = decode(deep_png((0xC8FF, 0x2800, 0x80AA)), max_pixels=LIMIT)
    assert (np.abs(picture.pixels[0, 0, :3].astype(int) - (0xC8, 0x28, 0x80)) <= 1).all()


def deep_png(color: tuple[int, int, int]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    row = zlib.compress(b"\0" + struct.pack(">HHH", *color))
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", row), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_palette_with_transparency_keeps_both() -> None:
    image = Image.fromarray(scene()).convert("RGB").quantize(8)
    index = image.getpixel((4, 4))
    picture = decode(saved(image, "PNG", transparency=index), max_pixels=LIMIT)
    assert not picture.opaque
    assert picture.pixels[4, 4, 3] == 0
    assert picture.pixels[4, 28, 3] == 255


def test_the_first_frame_of_an_animation_is_the_picture() -> None:
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue")]
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        file = io.BytesIO()
        frames[0].save(file, name, save_all=True, append_images=frames[1:])
        picture = decode(file.getvalue(), max_pixels=LIMIT)
        assert picture.pixels[0, 0, 0] > 240, name


def test_resolution_turns_with_the_picture_and_other_metadata_is_left_behind() -> None:
    exif = exif_transpose(6)
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    data = saved(in_mode("RGB"), "JPEG", exif=exif, dpi=(300, 150))
    picture = decode(data, max_pixels=LIMIT)
    assert picture.dpi == (150, 300)
    assert set(Picture.__slots__) == {"pixels", "opaque", "profile", "dpi", "frames", "notes"}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: b"", "empty"),
        (lambda data: b"GIF89a", "truncated"),
        (lambda data: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (lambda data: b"%PDF-1.7", "not_an_image"),
        (lambda data: data[: len(data) // 2], "truncated"),
    ],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_bad_file_is_refused_in_stable_words(
    name: str, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    with pytest.raises(SourceRejected) as caught:
        decode(spoil(saved(in_mode("RGB"), name)), max_pixels=LIMIT)
    assert caught.value.reason in (reason, "corrupt", "not_an_image")
    if name in ("JPEG", "PNG"):
        assert caught.value.reason != "corrupt" or reason == "truncated"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about the spoiled files.
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_no_flipped_byte_gets_past_the_error_tree(name: str) -> None:
    data = saved(in_mode("RGB"), name)
    random = np.random.default_rng(5)
    for place in random.integers(0, len(data), 60):
        spoiled = bytearray(data)
        spoiled[place] ^= int(random.integers(1, 256))
        with contextlib.suppress(SourceRejected):
            assert decode(bytes(spoiled), max_pixels=LIMIT).pixels.shape[2] == 4


def test_size_is_judged_by_the_header() -> None:
    bomb = saved(Image.new("1", (20_000, 4_000)), "PNG")
    with pytest.raises(SourceRejected) as caught:
        decode(bomb, max_pixels=50_000_000)
    assert caught.value.reason == "too_many_pixels"
