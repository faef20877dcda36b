"""Several hundred files from one image, and what each of them shows.

Every format, depth and color statement, in every orientation, whole and damaged. What is right is
computed apart from our code: OpenCV reads the plain file (Pillow, or what was drawn, where it
cannot), the standards' matrices and curves are applied, and arrays are turned.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from tests.imaging.containers.files import chunk, png
from tests.imaging.corpus.colors import (
    BT2020,
    COLORS,
    D65,
    P3,
    PROFILES,
    SRGB,
    Pixels,
    Primaries,
    shown,
)
from tests.imaging.corpus.drawing import HEIGHT, WIDTH, of, photo, read_by_opencv, saved

TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}
"""From the stored array to the upright one (Exif 2.32, tag 274)."""


@dataclass(frozen=True)
class File:
    """One file, and what it shows or why it has to be refused."""

    name: str
    data: bytes
    expected: Pixels | None
    reason: str | None = None
    tolerance: float = 1.5
    """Mean difference in levels."""

    @property
    def format(self) -> str:
        return self.name.split(" ")[0]


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


LOSSY = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "HEIF": {"quality": 95, "chroma": 444},
}
LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP lossless": {"lossless": True, "exact": True}}
MULTIPLIED = {("TIFF", "RGBA")}
"""What OpenCV gives with its alpha multiplied in."""
MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P"),
    "TIFF": ("RGB", "RGBA", "L", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "WEBP lossless": ("RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA"),
    "HEIF": ("RGB", "RGBA"),
}


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(photo())
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)).point(lambda v: v | 15))
    return image.quantize(200) if mode == "P" else image.convert(mode)


def everyday() -> Iterator[File]:
    """Each format, mode, orientation and profile."""
    for name, options in {**LOSSY, **LOSSLESS}.items():
        codec = name.split(" ")[0]
        for mode in MODES[name]:
            image = in_mode(mode)
            plain = saved(image, codec, **options)
            drawn = codec == "HEIF" or mode == "CMYK" or (codec, mode) in MULTIPLIED
            stored = of(image) if drawn else read_by_opencv(plain)
            tolerance = 4.0 if codec == "HEIF" else 1.5
            for orientation, turn in TURNS.items():
                data = saved(image, codec, **options, exif=exif(orientation))
                yield File(
                    f"{name} {mode} turned {orientation}", data, turn(stored), tolerance=tolerance
                )
            for color, (primaries, gamma) in COLORS.items() if mode in ("RGB", "RGBA") else ():
                for orientation in (1, 6):
                    data = saved(
                        image,
                        codec,
                        **options,
                        icc_profile=PROFILES[color],
                        exif=exif(orientation),
                    )
                    expected = TURNS[orientation](shown(stored, primaries, gamma))
                    yield File(
                        f"{name} {mode} {color} turned {orientation}",
                        data,
                        expected,
                        tolerance=tolerance + 1,
                    )


def depths() -> Iterator[File]:
    """PNG and TIFF of every depth, also with one clear level."""
    grey = np.asarray(Image.fromarray(photo()).convert("L"))
    for depth in (1, 2, 4, 8, 16):
        most = (1 << depth) - 1
        levels = np.rint(grey / 255.0 * most).astype(np.uint16)
        data = png(pixels=levels, color_type=0, depth=depth)
        expected = read_by_opencv(data)
        yield File(f"PNG grey {depth} bits", data, expected)
        clear = int(levels[20, 20])
        cut = expected.copy()
        cut[..., 3] = np.where(levels == clear, 0, 255)
        trns = chunk(b"tRNS", struct.pack(">H", clear))
        data = png(trns, pixels=levels, color_type=0, depth=depth)
        yield File(f"PNG grey {depth} bits, one clear", data, cut)
    for depth, times in ((8, 1), (16, 257)):
        levels = photo().astype(np.uint16) * times
        data = png(pixels=levels, depth=depth)
        yield File(f"PNG color {depth} bits", data, read_by_opencv(data))
        cut = read_by_opencv(data)
        cut[..., 3] = np.where((levels == levels[20, 20]).all(axis=2), 0, 255)
        trns = chunk(b"tRNS", struct.pack(">3H", *(int(value) for value in levels[20, 20])))
        yield File(f"PNG color {depth} bits, one clear", png(trns, pixels=levels, depth=depth), cut)
    for depth in (8, 16):
        kind = np.uint8 if depth == 8 else np.uint16
        levels = grey.astype(kind) * kind(1 if depth == 8 else 257)
        for photometric, meant in ((1, grey), (0, 255 - grey)):
            for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate"):
                data = saved(
                    Image.fromarray(levels),
                    "TIFF",
                    tiffinfo={262: photometric},
                    compression=compression,
                )
                if photometric == 0 and depth == 8:
                    continue  # Pillow turns these while writing.
                expected = of(Image.fromarray(meant.astype(np.uint8)))
                yield File(f"TIFF grey {depth} {compression} 262={photometric}", data, expected)


def numbers() -> Iterator[File]:
    """Color that PNG states in numbers, alone and against each other."""

    def gama(gamma: float) -> bytes:
        return chunk(b"gAMA", struct.pack(">I", round(100_000 / gamma)))

    def chrm(primaries: Primaries) -> bytes:
        values = [round(100_000 * one) for pair in (D65, *primaries) for one in pair]
        return chunk(b"cHRM", struct.pack(">8I", *values))

    def cicp(primaries: int, transfer: int) -> bytes:
        return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))

    iccp = chunk(b"iCCP", b"x\0\0" + zlib.compress(PROFILES["BT.2020 gamma 1.8"]))
    srgb = chunk(b"sRGB", b"\0")
    cases = {
        "gAMA 2.2": (gama(2.2), SRGB, None),
        "gAMA 1.0": (gama(1.0), SRGB, 1.0),
        "gAMA 1.8": (gama(1.8), SRGB, 1.8),
        "cHRM sRGB": (chrm(SRGB), SRGB, None),
        "cHRM P3": (chrm(P3), P3, None),
        "gAMA 1.8 cHRM P3": (gama(1.8) + chrm(P3), P3, 1.8),
        "cICP sRGB": (cicp(1, 13), SRGB, None),
        "cICP P3": (cicp(12, 13), P3, None),
        "cICP BT.2020 linear": (cicp(9, 8), BT2020, 1.0),
        "cICP before iCCP": (cicp(12, 13) + iccp, P3, None),
        "iCCP before sRGB": (iccp + srgb, BT2020, 1.8),
        "sRGB before gAMA": (srgb + gama(1.0) + chrm(P3), SRGB, None),
        "cICP not known": (cicp(200, 13) + gama(1.8), SRGB, 1.8),
    }
    for depth, times in ((8, 1), (16, 257)):
        levels = photo().astype(np.uint16) * times
        stored = read_by_opencv(png(pixels=levels, depth=depth))
        for name, (said, primaries, gamma) in cases.items():
            data = png(said, pixels=levels, depth=depth)
            expected = shown(stored, primaries, gamma)
            yield File(f"PNG {depth} bits {name}", data, expected, tolerance=2.0)


def damaged() -> Iterator[File]:
    """What is wrong around the pixels costs nothing; what is wrong within is told."""
    for mode in ("RGB", "L", "CMYK"):
        for progressive in (False, True):
            image = in_mode(mode).resize((WIDTH * 4, HEIGHT * 4))
            whole = saved(image, "JPEG", quality=95, progressive=progressive)
            expected = of(image) if mode == "CMYK" else read_by_opencv(whole)
            name = f"JPEG {mode} {'progressive' if progressive else 'baseline'}"
            for what, data in {
                "no end": whole[:-2],
                "zeros for an end": whole[:-2] + bytes(2),
                "junk behind": whole + bytes(range(256)),
                "broken EXIF": whole[:2] + b"\xff\xe1\0\x0cExif\0\0II*\0" + whole[2:],
                "wild profile": whole[:2] + b"\xff\xe2\0\x14ICC_PROFILE\0\1\1junk" + whole[2:],
                "lying size": whole[:2] + b"\xff\xe5\xff\xf0" + whole[2:],
            }.items():
                yield File(f"{name} {what}", data, expected, tolerance=3.0)
            for part in (3, 5, 8):
                data = whole[: len(whole) * part // 10]
                yield File(f"{name} cut at {part}0 %", data, None, reason="truncated")
    for color_type, mode in ((2, "RGB"), (6, "RGBA"), (0, "L")):
        levels = np.asarray(in_mode(mode))
        expected = of(in_mode(mode))
        for what, spoiled in {
            "wrong checksum": chunk(b"tEXt", b"a\0b", checksum=7),
            "long text": chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(3_000_000))),
            "short sBIT": chunk(b"sBIT", b""),
            "wild pHYs": chunk(b"pHYs", b"\xff" * 9),
            "wild eXIf": chunk(b"eXIf", b"\xff" * 30),
            "lying size": chunk(b"tEXt", b"a\0b", size=2_000_000_000),
            "many chunks": chunk(b"tEXt", b"") * 3_000,
        }.items():
            data = png(spoiled, pixels=levels, color_type=color_type)
            yield File(f"PNG {mode} {what}", data, expected)
        whole = png(pixels=levels, color_type=color_type)
        yield File(f"PNG {mode} no end", whole[:-12], expected)
        for part in (3, 5, 8):
            data = whole[: len(whole) * part // 10]
            yield File(f"PNG {mode} cut at {part}0 %", data, None, reason="truncated")


def others() -> Iterator[File]:
    """Formats without orientation or profile, and files of no format."""
    image = Image.fromarray(photo())
    for name, modes in {
        "BMP": ("RGB", "L", "P", "1"),
        "GIF": ("L", "P"),
        "JPEG2000": ("RGB", "L"),
        "ICO": ("RGBA",),
    }.items():
        for mode in modes:
            drawn = in_mode(mode)
            options = {"sizes": [(WIDTH, HEIGHT)]} if name == "ICO" else {}
            yield File(f"{name} {mode}", saved(drawn, name, **options), of(drawn))
    empty = image.convert("RGBA")
    empty.putalpha(0)
    yield File("BMP alpha all zero", saved(empty, "BMP"), of(image))
    for name, start in {
        "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "PDF": b"%PDF-1.7 ...",
        "HTML": b"<!DOCTYPE html><html>",
        "TEXT": b"hello",
    }.items():
        yield File(f"{name} file", start, None, reason="not_an_image")
    yield File("JXL file", b"\xff\x0a" + bytes(50), None, reason="unsupported_format")


def corpus() -> Iterator[File]:
    """All files."""
    for part in (everyday, depths, numbers, damaged, others):
        yield from part()
