"""The finished pixels to the files that were asked for."""

import base64
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import ImageFormat, ImageKind, Output
from cutoutd.imaging.compose import fill, over
from cutoutd.imaging.encode import Tags, encode, media_type
from cutoutd.imaging.geometry import bounding_box
from cutoutd.removal.model import Encoded


class Finished(NamedTuple):
    """An image before it is encoded."""

    pixels: NDArray[np.uint8]
    """(H, W, 4)."""
    alpha: NDArray[np.uint8]
    """(H, W), of its subject."""
    notes: tuple[str, ...]


def encode_output(
    output: Output,
    finished: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    *,
    tags: Tags,
    png_level: int,
) -> Encoded:
    """Write one output. finished: (H, W, 4); alpha: (H, W), of its subject.

    Raises InvalidRequest if its format cannot hold so large an image.
    """
    pixels, chosen = lay_out(output, finished, alpha)
    data = encode(
        pixels,
        chosen,
        quality=output.quality,
        png_level=png_level,
        tags=tags if pixels.ndim == 3 else Tags(dpi=tags.dpi),
    )
    return encoded_as(output, data, chosen, alpha)


def encoded_as(
    output: Output, data: bytes, chosen: ImageFormat, alpha: NDArray[np.uint8]
) -> Encoded:
    """The file's bytes as they were asked for. alpha: (H, W), of its subject."""
    return Encoded(
        kind=output.kind,
        data=base64.b64encode(data) if output.base64 else data,
        media_type="text/plain" if output.base64 else media_type(chosen),
        width=alpha.shape[1],
        height=alpha.shape[0],
        bbox=bounding_box(alpha),
    )


def lay_out(
    output: Output, finished: NDArray[np.uint8], alpha: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], ImageFormat]:
    """The channels that an output has, and the format that AUTO stands for."""
    if output.kind is ImageKind.MASK:
        solid, pixels = True, alpha
    elif output.kind is ImageKind.COLOR:
        solid, pixels = True, np.ascontiguousarray(finished[..., :3])
    else:
        solid, pixels = _is_solid(finished), finished
    chosen = output.format
    if chosen is ImageFormat.AUTO:
        chosen = ImageFormat.JPEG if solid else ImageFormat.PNG
    if pixels.ndim == 3 and pixels.shape[2] == 4 and (solid or chosen is ImageFormat.JPEG):
        if not solid:
            white = fill(pixels.shape, (255, 255, 255, 255))
            pixels = over(pixels, white, linear_light=False)
        if chosen is ImageFormat.JPEG:
            pixels = np.ascontiguousarray(pixels[..., :3])
    return pixels, chosen


def _is_solid(rgba: NDArray[np.uint8]) -> bool:
    """Whether nothing shows through; a few places nearly always say that something does."""
    alpha = rgba[..., 3]
    return bool(alpha[::64, ::64].min() == 255 and alpha.min() == 255)
