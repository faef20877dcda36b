"""Colour profiles: what the numbers of an image mean, made sRGB."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from cutoutd.command import ColorProfile

SPACES = {"RGB": "RGB ", "CMYK": "CMYK", "L": "GRAY"}
"""Pillow's mode and the ICC signature of the profiles that may describe it."""

NOTICED = 1
"""Levels that rounding makes."""


def to_rgba(
    image: Image.Image, profile: bytes | None, wanted: ColorProfile, *, stated: bool = False
) -> tuple[Image.Image, bytes | None]:
    """Any 8-bit image as RGBA (or RGBX), and the profile that it is still in.

    A profile that cannot be read or does not fit the image counts as none, and none as sRGB.
    stated: it is one of three colours that describes the image's numbers, grey ones as well.
    Grey and CMYK always become sRGB, because what we write has three colours.
    """
    if image.mode == "LAB":
        return _converted(
            image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "RGB"
        ).convert("RGBA"), None
    alpha = None
    if image.mode not in ("CMYK", "RGBX"):
        grey = image.mode in ("1", "L", "LA") and "transparency" not in image.info
        if grey and profile is not None and not stated and image.mode != "1":
            alpha = image.getchannel("A") if image.mode == "LA" else None
            image = image.getchannel("L")
        else:
            image = image.convert("RGBA")
    meant = _readable(image, profile)
    if meant is None:
        pass
    elif image.mode in ("RGBA", "RGBX"):
        if wanted is ColorProfile.KEEP:
            return image, profile
        if profile is not None and not _is_srgb(profile):
            image = _converted(image, meant, image.mode)
    else:
        image = _converted(image, meant, "RGB")
    if image.mode not in ("RGBA", "RGBX"):
        image = image.convert("RGBA")
    if alpha is not None:
        image.putalpha(alpha)
    return image, None


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An RGB image that is in a profile, for eyes and networks that expect sRGB."""
    meant = _readable(image, profile)
    return image if meant is None else _converted(image, meant, image.mode)


def _readable(image: Image.Image, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """The profile, unless it is damaged or describes another kind of image."""
    if not profile:
        return None
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None
    space = SPACES["RGB" if image.mode in ("RGBA", "RGBX") else image.mode]
    return meant if meant.profile.xcolor_space == space else None


@lru_cache(maxsize=16)
def _is_srgb(profile: bytes) -> bool:
    """Whether a profile of RGB means sRGB, by what it does and not by its name."""
    steps = np.array((0, 12, 40, 96, 160, 210, 255), np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(7, 49, 3)
    meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    shown = np.asarray(_converted(Image.fromarray(colors), meant, "RGB"))
    return bool(np.abs(shown.astype(int) - colors).max() <= NOTICED)


def _converted(image: Image.Image, meant: ImageCms.ImageCmsProfile, mode: str) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    shown = ImageCms.profileToProfile(image, meant, srgb, intent, mode, flags=flags)
    assert shown is not None
    return shown
