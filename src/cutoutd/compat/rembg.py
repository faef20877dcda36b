"""`rembg.remove` and `rembg.new_session`, as rembg 2.0 has them: what goes in comes out.

from cutoutd.compat.rembg import remove  # was: from rembg import remove

Different on purpose: cutouts keep straight alpha with clean colours, an image is turned as its EXIF
says, `alpha_matting_erode_size=0` leaves the mask whole, and the model is cutoutd's own where no
session names another.
"""

from typing import Any

import numpy as np
from PIL import Image

from cutoutd.api import remove_background
from cutoutd.errors import InvalidRequest


class Session:
    """The name of a model; cutoutd keeps loaded models itself."""

    def __init__(self, model_name: str | None = None) -> None:
        self.model_name = model_name


def new_session(model_name: str | None = None, *_: Any, **__: Any) -> Session:
    """A session for `remove`. model_name: of `cutoutd models list`; providers are settings here."""
    return Session(model_name)


def remove(
    data: Any,
    alpha_matting: bool = False,
    alpha_matting_foreground_threshold: int = 240,
    alpha_matting_background_threshold: int = 10,
    alpha_matting_erode_size: int = 10,
    session: Session | None = None,
    only_mask: bool = False,
    post_process_mask: bool = False,
    bgcolor: tuple[int, int, int, int] | None = None,
    force_return_bytes: bool = False,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """The image without its background, as what it came: bytes (a PNG), a PIL image or an array.

    Raises InvalidRequest for anything else, and for options of rembg's sessions, which have other
    names here (`subject_at` of `cutoutd.remove_background`).
    """
    if args or kwargs:
        name = next(iter(kwargs), "a further argument")
        raise InvalidRequest(f"{name}: rembg's sessions take it, cutoutd does not.", field=name)
    if not isinstance(data, bytes | Image.Image | np.ndarray):
        kind = type(data).__name__
        raise InvalidRequest(f"data: bytes, a PIL image or an array, not {kind}.", field="data")
    cutout = remove_background(
        data,
        model=session.model_name if session else None,
        matting="fast" if alpha_matting else "none",
        matting_foreground_above=alpha_matting_foreground_threshold,
        matting_background_below=alpha_matting_background_threshold,
        matting_erode_px=alpha_matting_erode_size,
        smooth=post_process_mask,
        background=None if only_mask else bgcolor,
        outputs="mask" if only_mask else "cutout",
    )
    if isinstance(data, bytes) or force_return_bytes:
        return cutout.tobytes("png")
    if isinstance(data, Image.Image):
        return cutout.mask if only_mask else cutout.image
    return cutout.alpha if only_mask else cutout.array
