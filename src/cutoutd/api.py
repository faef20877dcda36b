"""The Python API: remove the background of one image, in this process."""

from functools import cache
from os import PathLike
from pathlib import Path

from cutoutd.command import (
    Background,
    ImageFormat,
    ImageKind,
    MaskEdits,
    Matting,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.errors import InvalidRequest
from cutoutd.removal.pipeline import remove_background as run_pipeline
from cutoutd.segmentation.sessions import Sessions

MEMORY = Source(name="memory")
"""The source of an image that is handed over as bytes."""


def remove_background(
    picture: bytes | PathLike[str] | str,
    *,
    model: str | None = None,
    only_mask: bool = False,
    alpha_matting: bool = False,
    post_process_mask: bool = False,
    background: tuple[int, int, int, int] | None = None,
    image_format: str = "png",
) -> bytes:
    """The image without its background, as the bytes of an image file.

    image: the bytes of an image file, or its path. model: a name in the model table; None is
    the embedded one. only_mask: the alpha channel alone, one 8-bit channel. background: straight
    RGBA, 0..255. image_format: png, webp, jpeg, avif or auto.

    Raises InvalidRequest for an unknown model or format, SourceRejected for a bad image.
    """
    data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
    command = RemoveBackground(
        sources=(MEMORY,),
        model=model,
        mask=MaskEdits(smooth=post_process_mask),
        matting=Matting() if alpha_matting else None,
        background=Background(color=background) if background else None,
        outputs=(
            Output(
                kind=ImageKind.MASK if only_mask else ImageKind.CUTOUT,
                format=_format(image_format),
            ),
        ),
    )
    with loaded_models().get(model) as segmenter:
        return run_pipeline(data, command, segmenter).images[0].data


def _format(name: str) -> ImageFormat:
    try:
        return ImageFormat(name)
    except ValueError as error:
        raise InvalidRequest(
            f"image_format: must be one of {', '.join(ImageFormat)}.", field="image_format"
        ) from error


@cache
def loaded_models() -> Sessions:
    """The models this process has loaded, kept for the next image."""
    return Sessions()
