"""Which format a file is in, by its first bytes: names and suffixes are often wrong."""

from enum import StrEnum

from cutoutd.errors import SourceRejected
from cutoutd.imaging.containers.bmff import brands, codes_av1


class Kind(StrEnum):
    """The formats that are read, in Pillow's words for them."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"
    HEIF = "HEIF"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"
    ICO = "ICO"
    JPEG2000 = "JPEG2000"


READ = "JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, ICO or JPEG 2000"
TITLES = {Kind.WEBP: "WebP", Kind.HEIF: "HEIC", Kind.JPEG2000: "JPEG 2000"}
MEDIA_TYPES = {Kind.ICO: "image/x-icon", Kind.JPEG2000: "image/jp2", Kind.HEIF: "image/heic"}

SIGNATURES = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"BM", Kind.BMP),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0", Kind.TIFF),
    (b"MM\0+", Kind.TIFF),
    (b"\0\0\1\0", Kind.ICO),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.JPEG2000),
    (b"\xff\x4f\xff\x51", Kind.JPEG2000),
)
AVIF_BRANDS = frozenset((b"avif", b"avis"))
HEIC_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
STRANGERS = (
    (b"\xff\x0a", "JPEG XL image"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL image"),
    (b"%PDF", "PDF document"),
    (b"8BPS", "Photoshop document"),
    (b"<svg", "SVG drawing"),
    (b"<!doctype html", "web page"),
    (b"<html", "web page"),
    (b"PK\3\4", "ZIP archive"),
    (b"\x1a\x45\xdf\xa3", "video"),
)
"""What people send now and then, and what to call it."""


def kind_of(data: bytes) -> Kind:
    """The format of a file. Raises SourceRejected, `not_an_image` or `unsupported_format`."""
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    named = brands(data)
    if named & AVIF_BRANDS:
        return Kind.AVIF
    if named & HEIC_BRANDS:
        return Kind.AVIF if codes_av1(data) else Kind.HEIF
    raise _refusal(data, video=bool(named))


def title(kind: Kind) -> str:
    """What people call the format."""
    return TITLES.get(kind, str(kind))


def _refusal(data: bytes, *, video: bool) -> SourceRejected:
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    known = (name for signature, name in STRANGERS if start.startswith(signature.lower()))
    name = next(known, "video" if video else None)
    if name is not None and data.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")):
        message = f"This is a {name}, which is not read here; send a {READ} image."
        return SourceRejected(message, reason="unsupported_format")
    what = f"a {name}, not a {READ} image" if name else f"not a {READ} image"
    return SourceRejected(f"This is {what}.", reason="not_an_image")
