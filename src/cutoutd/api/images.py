"""Whatever a program calls an image: a path, bytes, an open file, a PIL image, an array."""

import io
import os
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ColorProfile
from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.imaging.decode import decode
from cutoutd.imaging.memory import allocate
from cutoutd.imaging.picture import Picture

DEEP = 257
"""Levels of 16 bits for one of 8."""
URL_SCHEMES = ("http://", "https://")
TAKEN = "a path, a URL, bytes, an open file, a PIL image or a NumPy array"


@runtime_checkable
class Readable(Protocol):
    """An open file, in binary mode."""

    def read(self) -> bytes:
        """All that is left of it."""
        ...


ImageLike: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | Readable
    | Image.Image
    | NDArray[np.uint8]
    | NDArray[np.uint16]
    | NDArray[np.float16]
    | NDArray[np.float32]
    | NDArray[np.float64]
)
"""An image: the path of a file or its URL, its bytes, an open file, a PIL image, or an array.

Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, or float from 0 to 1; sRGB with straight
alpha.
"""


def is_image(value: object) -> bool:
    """Whether a value is one image, not several."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image, np.ndarray, Readable)
    return isinstance(value, kinds)


def read_picture(
    value: ImageLike,
    *,
    max_pixels: int,
    color_profile: ColorProfile = ColorProfile.SRGB,
    lenient: bool = False,
) -> Picture:
    """An image, decoded. Raises InvalidRequest for what is none, SourceRejected for a bad file.

    A file that cannot be opened raises OSError, as anywhere in Python.
    """
    if isinstance(value, np.ndarray):
        return picture_of_array(value, max_pixels=max_pixels)
    data = read_bytes(value)
    return decode(data, max_pixels=max_pixels, color_profile=color_profile, lenient=lenient)


def read_bytes(value: Any, *, field: str = "image") -> bytes:
    """An image as the bytes of a file. Raises as `read_picture`."""
    if isinstance(value, str) and value.lower().startswith(URL_SCHEMES):
        return fetch(value)
    if isinstance(value, str | os.PathLike):
        return Path(value).read_bytes()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, Image.Image):
        return _bytes_of_pil(value)
    if isinstance(value, np.ndarray):
        return _bytes_of_pil(Image.fromarray(picture_of_array(value).pixels))
    if isinstance(value, Readable):
        data = value.read()
        if isinstance(data, bytes):
            return data
        raise InvalidRequest(f"{field}: open the file in binary mode.", field=field)
    raise InvalidRequest(f"{field}: must be {TAKEN}, not {type(value).__name__}.", field=field)


def fetch(url: str) -> bytes:
    """What a URL answers with, wherever it is: the one who calls chose it.

    Raises SourceRejected, SourceUnreachable.
    """
    from ipaddress import ip_network

    from cutoutd.net.fetch import Fetcher
    from cutoutd.net.limits import FetchLimits

    anywhere = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    limits = FetchLimits(max_bytes=100_000_000, allow_networks=anywhere)
    return Fetcher(limits).fetch(url)


def picture_of_array(array: NDArray[Any], *, max_pixels: int | None = None) -> Picture:
    """An array as an image. Raises InvalidRequest naming what it should be."""
    shape = array.shape
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        raise InvalidRequest(
            f"image: an array must be (H, W), (H, W, 3) or (H, W, 4), not {shape}.", field="image"
        )
    if 0 in shape:
        raise SourceRejected("The image is empty.", reason="empty", field="image")
    if max_pixels is not None and shape[0] * shape[1] > max_pixels:
        raise SourceRejected(
            f"The image has {shape[1]} x {shape[0]} pixels; at most {max_pixels / 1e6:g} "
            "megapixels are allowed.",
            reason="too_many_pixels",
            field="image",
        )
    levels = _eight_bits(array if array.ndim == 3 else array[..., None])
    pixels = allocate(shape[0], shape[1])
    alpha = levels.shape[2] == 4
    pixels[..., :3] = levels[..., :3]
    pixels[..., 3] = levels[..., 3] if alpha else 255
    return Picture(pixels=pixels, opaque=not alpha or bool((pixels[..., 3] == 255).all()))


def _eight_bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + DEEP // 2) // DEEP).astype(np.uint8)
    if array.dtype.kind == "f":
        numbers = np.nan_to_num(array.astype(np.float32))
        if numbers.min() < -1e-3 or numbers.max() > 1 + 1e-3:
            raise InvalidRequest("image: a float array holds 0 to 1.", field="image")
        return np.rint(np.clip(numbers, 0, 1) * 255).astype(np.uint8)
    raise InvalidRequest(
        f"image: an array must be uint8, uint16 or float, not {array.dtype}.", field="image"
    )


def _bytes_of_pil(image: Image.Image) -> bytes:
    """A PIL image as a file without loss, with what it says of its colours and its orientation."""
    file = io.BytesIO()
    kept = image if image.mode not in ("CMYK", "YCbCr", "LAB", "HSV") else image.convert("RGB")
    options: dict[str, Any] = {"compress_level": 0}
    if profile := image.info.get("icc_profile"):
        options["icc_profile"] = profile if kept is image else None
    try:
        kept.save(file, "PNG", exif=image.getexif(), **options)
    except OSError:
        kept.convert("RGBA").save(file, "PNG", exif=image.getexif(), **options)
    return file.getvalue()
