"""What was read around the pixels of a file, whatever its format."""

from dataclasses import dataclass

from cutoutd.imaging.containers.exif import Dpi
from cutoutd.imaging.upright import UPRIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A file taken apart."""

    pixels: bytes
    """The file again, with nothing in it but what a decoder needs."""
    orientation: int = UPRIGHT
    """As in EXIF."""
    dpi: Dpi | None = None
    """Of the image as stored; None: the file does not say."""
    profile: bytes | None = None
    """What its numbers mean, as ICC; None: sRGB, as far as the file says."""
    stated: bool = False
    """The profile is ours, made of numbers that the file states."""
    cut: bool = False
    """The file surely ends before its image does."""
    notes: tuple[str, ...] = ()
    frames: int = 1
    """Of the animation, or pages."""
