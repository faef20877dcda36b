"""Nothing in a JPEG that its pixels do not need can veto them; missing rows are told."""

import io
import struct

import numpy as np
import pytest
from PIL import Image
from tests.imaging.containers.files import saved, scene

from cutoutd.errors import SourceRejected
from cutoutd.imaging.containers.jpeg import MOST_SCANS, scans_of
from cutoutd.imaging.decode import decode

LIMIT = 1_000_000
WHOLE = saved("JPEG", quality=95, subsampling=0)
EXPECTED = np.asarray(Image.open(io.BytesIO(WHOLE)))


def with_segment(marker: int, body: bytes, *, size: int | None = None) -> bytes:
    length = len(body) + 2 if size is None else size
    return WHOLE[:2] + struct.pack(">BBH", 0xFF, marker, length) + body + WHOLE[2:]


ENDINGS = {
    "no end": WHOLE[:-2],
    "an end of zeros": WHOLE[:-2] + b"\0\0",
    "half an end": WHOLE[:-1],
    "zeros behind": WHOLE[:-2] + bytes(500),
    "a film behind": WHOLE + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20,
    "another image behind": WHOLE + WHOLE,
}
BESIDE = {
    "EXIF of noise": with_segment(0xE1, b"Exif\0\0" + bytes(range(200))),
    "an empty EXIF": with_segment(0xE1, b"Exif\0\0"),
    "a wrong size": with_segment(0xE1, b"Exif\0\0", size=60_000),
    "a size of nothing": with_segment(0xE3, b"", size=0),
    "a cut profile": with_segment(0xE2, b"ICC_PROFILE\0\1\2half of it"),
    "a broken index of images": with_segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
    "a broken Photoshop block": with_segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\xff\xff"),
    "junk between segments": WHOLE[:20] + b"junk" + WHOLE[20:],
}


@pytest.mark.parametrize("data", [*ENDINGS.values(), *BESIDE.values()], ids=[*ENDINGS, *BESIDE])
def test_what_is_damaged_beside_the_pixels_costs_no_picture(data: bytes) -> None:
    picture = decode(data, max_pixels=LIMIT)
    np.testing.assert_array_equal(picture.pixels[..., :3], EXPECTED)
    assert picture.notes == ()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("ending", [b"", b"\xff\xd9"])
def test_missing_rows_are_counted_and_kept_if_asked(mode: str, ending: bytes) -> None:
    file = io.BytesIO()
    tall = Image.fromarray(np.tile(scene(), (20, 1, 1))).convert(mode)
    tall.save(file, "JPEG", quality=95)
    data = file.getvalue()[: len(file.getvalue()) // 2] + ending
    with pytest.raises(SourceRejected, match=r"The JPEG ends after row \d+ of 960\.") as refused:
        decode(data, max_pixels=LIMIT)
    assert refused.value.reason == "truncated"
    there = int(refused.value.message.split()[5])
    assert 350 < there < 600

    picture = decode(data, max_pixels=LIMIT, lenient=True)
    assert picture.notes == (f"missing_rows:{960 - there}",)
    whole = decode(file.getvalue(), max_pixels=LIMIT).pixels
    np.testing.assert_array_equal(picture.pixels[: there - 16], whole[: there - 16])


def test_a_progressive_file_that_ends_early_says_in_which_scan() -> None:
    data = saved("JPEG", quality=95, progressive=True)
    with pytest.raises(SourceRejected, match=r"The JPEG ends within scan \d+"):
        decode(data[: len(data) * 2 // 3], max_pixels=LIMIT)
    lenient = decode(data[: len(data) * 2 // 3], max_pixels=LIMIT, lenient=True)
    assert np.abs(lenient.pixels[..., :3].astype(int) - scene()).mean() < 30


def test_a_file_with_more_scans_than_cameras_write_is_refused_at_once() -> None:
    data = saved("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert scans_of(data) == 10
    many = data[:last] + data[last:-2] * MOST_SCANS + data[-2:]
    with pytest.raises(SourceRejected, match=f"more than {MOST_SCANS} scans"):
        decode(many, max_pixels=LIMIT)


def test_a_resolution_is_told_only_where_the_file_states_one() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera that says nothing of resolution"
    assert decode(saved("JPEG", exif=exif), max_pixels=LIMIT).dpi is None
    exif[0x011A], exif[0x011B], exif[0x0128] = 100.0, 50.0, 3
    assert decode(saved("JPEG", exif=exif), max_pixels=LIMIT).dpi == pytest.approx((254, 127))
    assert decode(saved("JPEG", dpi=(300, 300)), max_pixels=LIMIT).dpi == (300, 300)
    assert decode(saved("TIFF"), max_pixels=LIMIT).dpi is None
    assert decode(saved("TIFF", dpi=(300, 150)), max_pixels=LIMIT).dpi == (300, 150)


def test_a_profile_in_several_parts_is_put_together() -> None:
    profile = bytes(70_000)
    data = saved("JPEG", icc_profile=profile)
    from cutoutd.imaging.containers.jpeg import read_jpeg

    assert read_jpeg(data).profile == profile
