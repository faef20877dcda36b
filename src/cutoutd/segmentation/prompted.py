"""Models that have to be told what is meant: Segment Anything, in rembg's own session.

The extra `rembg`, and the only file that imports it. Its session is given the files that we
found, so that it never downloads, and images no larger than it uses, so that the mask, which
it resizes with one sample per pixel, has no more pixels than were computed.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import Semaphore
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Point, Prompt, Quality, Region
from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import PROMPTS_EXTRA, ModelSpec
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.onnx import onnxruntime

LARGEST = (1024, 684)
"""Width and height in px that the session fits an image into."""
TO_THE_SUBJECT, TO_THE_BACKGROUND = 1, 0
Mark: TypeAlias = dict[str, object]


class PromptedSession:
    """Segment Anything on the CPU. Safe to share between threads."""

    provider = str(ProviderName.CPU)

    def __init__(
        self, spec: ModelSpec, weights: Sequence[Path], *, slots: int = 1, threads: int = 0
    ) -> None:
        """weights: encoder and decoder. slots: images at once; threads: of each image.

        Raises ConfigurationError if rembg is missing, or a file is no model.
        """
        self.name = spec.name
        self.spec = spec
        self.sees = spec.sees
        self._free = Semaphore(slots)
        self._session = _opened(spec, weights, threads)

    def grid(self, _quality: Quality) -> None:
        """It keeps an image's proportions."""

    def predict(
        self,
        pixels: NDArray[np.uint8],
        prompt: Prompt | None = None,
        _quality: Quality = Quality.BALANCED,
    ) -> NDArray[np.float32]:
        """(H, W, 3) RGB or (H, W, 4) RGBX, upright, in sRGB -> (h, w), 0 or 1, of its proportions.

        prompt: in percentages of the sides; None
        means whatever is in the middle. Waits for a free slot. Raises ProcessingFailed if the
        network cannot be run.
        """
        picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
        picture.thumbnail(LARGEST, Image.Resampling.LANCZOS)
        asked = {"sam_prompt": marks(prompt, *picture.size)} if prompt else {}
        with self._free:
            try:
                (mask,) = self._session.predict(picture, **asked)
            except Exception as exc:
                raise ProcessingFailed("The segmentation model failed on this image.") from exc
        return np.asarray(mask, dtype=np.float32) / np.float32(255)

    def warm(self) -> None:
        """Run once, so that the first caller does not pay for what is lazy."""
        self.predict(np.full((8, 8, 3), 128, dtype=np.uint8))


def marks(prompt: Prompt, width: int, height: int) -> list[Mark]:
    """The prompt in rembg's words, in px of an image of that size."""
    points = [_point(one, width, height) for one in prompt.points]
    return points + [_rectangle(one, width, height) for one in prompt.boxes]


def _point(point: Point, width: int, height: int) -> Mark:
    return {
        "type": "point",
        "label": TO_THE_SUBJECT if point.subject else TO_THE_BACKGROUND,
        "data": [point.x.value * width / 100, point.y.value * height / 100],
    }


def _rectangle(box: Region, width: int, height: int) -> Mark:
    across, down = (box.left, box.right), (box.top, box.bottom)
    left, right = (edge.value * width / 100 for edge in across)
    top, bottom = (edge.value * height / 100 for edge in down)
    return {"type": "rectangle", "data": [left, top, right, bottom]}


def _opened(spec: ModelSpec, weights: Sequence[Path], threads: int) -> Any:
    """Rembg's session with these files."""
    options = onnxruntime().SessionOptions()
    options.intra_op_num_threads = threads
    try:
        sam = import_module("rembg.sessions.sam")
    except ImportError as exc:
        raise ConfigurationError(
            f"The model {spec.name!r} needs an extra: pip install cutoutd[{PROMPTS_EXTRA}]."
        ) from exc
    here = {"download_models": classmethod(lambda _cls, *_, **__: tuple(map(str, weights)))}
    session_class = type("FromOurFiles", (sam.SamSession,), here)
    try:
        return session_class("sam", options)
    except Exception as exc:
        names = " and ".join(path.name for path in weights)
        reason = str(exc).partition("\n")[0]
        for path in weights:
            reason = reason.replace(str(path), path.name)
        raise ConfigurationError(f"{names} cannot be opened: {reason}") from exc
