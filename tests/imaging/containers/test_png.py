"""Nothing in a PNG that its pixels do not need can veto them."""

import struct
import zlib

import numpy as np
import pytest
from tests.imaging.containers.files import chunk, png, scene

from cutoutd.errors import SourceRejected
from cutoutd.imaging.color_numbers import TONE_MAPPED
from cutoutd.imaging.containers.png import MOST_CHUNKS
from cutoutd.imaging.decode import decode
from cutoutd.imaging.icc import matrix_profile

LIMIT = 1_000_000
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
LINEAR_P3 = matrix_profile(P3, (0.3127, 0.329), np.array((0.0, 1.0)), name="sRGB, it says")
ICCP = b"name\0\0" + zlib.compress(LINEAR_P3)
SPOILED = {
    "wrong checksum of a text": chunk(b"tEXt", b"Title\0x", checksum=1),
    "wrong checksum of a profile": chunk(b"iCCP", b"x\0\0nonsense", checksum=1),
    "wrong checksum of a resolution": chunk(b"pHYs", b"short", checksum=1),
    "two megabytes of text": chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2_000_000))),
    "a profile that explodes": chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(20_000_000))),
    "a short sBIT": chunk(b"sBIT", b"\1"),
    "a short gAMA": chunk(b"gAMA", b"\1"),
    "a cHRM of zeros": chunk(b"cHRM", bytes(32)),
    "a cHRM of wild numbers": chunk(b"cHRM", bytes(range(1, 33))),
    "a cHRM nearly on a line": chunk(b"cHRM", struct.pack(">8I", 31270, 32900, *(9, 1) * 2, 7, 1)),
    "a gAMA of zero": chunk(b"gAMA", bytes(4)),
    "an unknown cICP": chunk(b"cICP", b"\xff\xff\0\1"),
    "EXIF of noise": chunk(b"eXIf", bytes(range(200))),
    "a palette's histogram": chunk(b"hIST", b"\0\1"),
    "an animation without frames": chunk(b"acTL", struct.pack(">II", 0, 0)),
    "a size beyond the file": chunk(b"tEXt", b"Title\0x", size=0x7FFFFFFF),
    "a size that leads into another chunk": chunk(b"tEXt", b"Title\0x", size=9),
    "a private chunk": chunk(b"vpAg", bytes(9)),
    "thousands of empty chunks": chunk(b"tEXt", b"") * 5_000,
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_what_is_damaged_beside_the_pixels_costs_no_picture(spoiled: bytes) -> None:
    picture = decode(png(spoiled), max_pixels=LIMIT)
    np.testing.assert_array_equal(picture.pixels[..., :3], scene())


def test_more_chunks_than_any_picture_has_are_refused_at_once() -> None:
    with pytest.raises(SourceRejected, match="chunks") as refused:
        decode(png(chunk(b"tEXt", b"") * (MOST_CHUNKS + 1)), max_pixels=LIMIT)
    assert refused.value.reason == "corrupt"


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_level_that_is_clear_is_clear_at_every_depth_of_grey(depth: int) -> None:
    levels = np.linspace(0, (1 << depth) - 1, 64).round().astype(np.uint16).reshape(8, 8)
    clear = int(levels[4, 4])
    trns = chunk(b"tRNS", struct.pack(">H", clear))
    picture = decode(png(trns, pixels=levels, color_type=0, depth=depth), max_pixels=LIMIT)
    np.testing.assert_array_equal(picture.pixels[..., 3] == 0, levels == clear)
    assert not picture.opaque
    expected = levels.astype(float) * 255 / ((1 << depth) - 1)
    shown = picture.pixels[..., 3] > 0
    assert np.abs(picture.pixels[..., 0][shown] - expected[shown]).max() <= 1


@pytest.mark.parametrize("depth", [8, 16])
def test_the_color_that_is_clear_is_clear_at_both_depths(depth: int) -> None:
    levels = scene().astype(np.uint16) * (257 if depth == 16 else 1)
    trns = chunk(b"tRNS", struct.pack(">3H", *(int(value) for value in levels[5, 9])))
    picture = decode(png(trns, pixels=levels, depth=depth), max_pixels=LIMIT)
    clear = (levels == levels[5, 9]).all(axis=-1)
    np.testing.assert_array_equal(picture.pixels[..., 3] == 0, clear)


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def chromaticities(*pairs: tuple[float, float]) -> bytes:
    values = (round(one * 100_000) for pair in pairs for one in pair)
    return chunk(b"cHRM", struct.pack(">8I", *values))


def linear(levels: np.ndarray) -> np.ndarray:
    light = levels / 255.0
    return np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("grey", [False, True])
def test_linear_numbers_that_say_so_by_gamma_look_as_they_are_meant(*, grey: bool) -> None:
    meant = scene()[..., 0] if grey else scene()
    stored = np.rint(linear(meant) * 65_535).astype(np.uint16)
    data = png(gamma(1.0), pixels=stored, color_type=0 if grey else 2, depth=16)
    shown = decode(data, max_pixels=LIMIT).pixels[..., : 1 if grey else 3].astype(int)
    bright = meant.reshape(shown.shape) > 60  # Linear light in 8 bits is coarse below.
    assert np.abs(shown - meant.reshape(shown.shape))[bright].max() <= 3


def test_the_newest_statement_about_color_wins() -> None:
    srgb_said = png(chunk(b"sRGB", b"\0"), gamma(1.0))
    np.testing.assert_array_equal(decode(srgb_said, max_pixels=LIMIT).pixels[..., :3], scene())
    by_profile = decode(png(chunk(b"iCCP", ICCP), chunk(b"sRGB", b"\0")), max_pixels=LIMIT)
    assert np.abs(by_profile.pixels[..., :3].astype(int) - scene()).mean() > 20
    by_numbers = png(chunk(b"cICP", b"\1\x0d\0\1"), chunk(b"iCCP", ICCP))
    np.testing.assert_array_equal(decode(by_numbers, max_pixels=LIMIT).pixels[..., :3], scene())


def test_a_profile_is_srgb_by_its_numbers_and_not_by_its_name() -> None:
    named = decode(png(chunk(b"iCCP", ICCP)), max_pixels=LIMIT).pixels
    assert np.abs(named[..., :3].astype(int) - scene()).mean() > 20


def test_p3_means_the_same_by_code_points_and_by_chromaticities() -> None:
    numbers = decode(png(chunk(b"cICP", b"\x0c\x0d\0\1")), max_pixels=LIMIT).pixels.astype(int)
    points = chromaticities((0.3127, 0.329), *P3)
    stated = decode(png(points), max_pixels=LIMIT).pixels.astype(int)
    assert np.abs(numbers - stated).max() <= 1
    assert np.abs(numbers[..., :3] - scene()).max() > 10


def test_srgbs_own_numbers_change_nothing() -> None:
    srgb = chromaticities((0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
    for said in (gamma(0.45455), srgb, gamma(0.45455) + srgb, chunk(b"cICP", b"\1\1\0\1")):
        pixels = decode(png(said), max_pixels=LIMIT).pixels
        np.testing.assert_array_equal(pixels[..., :3], scene())


def pq(nits: float) -> int:
    """The 16-bit number of PQ for a luminance (SMPTE ST 2084)."""
    power = (nits / 10_000) ** (2610 / 16_384)
    value = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    return round(value * 65_535)


def test_a_high_dynamic_range_is_brought_to_a_screens_with_a_note() -> None:
    nits = (0, 20.3, 81.2, 203, 600, 1_000, 4_000)
    levels = np.array([[[pq(one)] * 3 for one in nits]], np.uint16)
    picture = decode(
        png(chunk(b"cICP", b"\x09\x10\0\1"), pixels=levels, depth=16), max_pixels=LIMIT
    )
    shown = linear(picture.pixels[0, :, 0])
    assert picture.notes == (TONE_MAPPED,)
    np.testing.assert_allclose(shown[:3], np.array(nits[:3]) / 203, atol=0.02)
    assert 0.75 < shown[3] < shown[4] < shown[5]
    assert shown[5:].min() > 0.98


def test_data_that_end_in_good_order_before_the_picture_does_are_missing_rows() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in scene()[:30])
    with pytest.raises(SourceRejected, match=r"The PNG ends after row 30 of 48\."):
        decode(png(data=zlib.compress(rows)), max_pixels=LIMIT)
    black = png(pixels=scene() * (np.arange(48) < 30)[:, None, None])
    assert not decode(black, max_pixels=LIMIT).pixels[30:, :, :3].any()


def test_a_cut_png_says_where_it_ends_and_keeps_what_is_there_if_asked() -> None:
    whole = png()
    data = whole[: len(whole) // 2]
    with pytest.raises(SourceRejected, match=r"The PNG ends after row \d+ of 48\.") as refused:
        decode(data, max_pixels=LIMIT)
    assert refused.value.reason == "truncated"
    picture = decode(data, max_pixels=LIMIT, lenient=True)
    (note,) = picture.notes
    missing = int(note.removeprefix("missing_rows:"))
    assert 0 < missing < 48
    np.testing.assert_array_equal(picture.pixels[:-missing, :, :3], scene()[:-missing])
    assert not picture.pixels[-missing + 1 :, :, :3].any()
