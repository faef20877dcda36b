"""Both products' whole way from JPEG bytes to PNG bytes, ready to be run again and again."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from benchmarks.turns import Work, timed

from cutoutd.command import ImageKind, Matting, MattingMode, Output, RemoveBackground, Source
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.model import ImagingLimits, Segmenter
from cutoutd.removal.pipeline import remove_background

SOURCES = (Source(artifact="photo"),)
MASK = (Output(kind=ImageKind.MASK),)
THREADS = len(os.sched_getaffinity(0))
set_num_threads(THREADS)
LIMITS = ImagingLimits(matting_seconds=600, matting_bytes=16_000_000_000, max_pixels=100_000_000)


def command(matting: MattingMode | None = None, *, only_mask: bool = False) -> RemoveBackground:
    """What is asked of ours."""
    return RemoveBackground(
        sources=SOURCES,
        matting=None if matting is None else Matting(mode=matting),
        outputs=MASK if only_mask else (Output(),),
    )


def ours(photos: Sequence[bytes], wanted: RemoveBackground, segmenter: Segmenter) -> Work:
    """One run of ours; the next run takes the next photo."""
    turn = itertools.cycle(photos)
    return lambda: remove_background(next(turn), wanted, segmenter, limits=LIMITS)


def theirs(photos: Sequence[bytes], session: object, **options: bool) -> Work:
    """One run of rembg's; the next run takes the next photo."""
    import rembg

    turn = itertools.cycle(photos)
    return lambda: rembg.remove(next(turn), session=session, **options)


def network_seconds(file: Path, size: int) -> float:
    """The network alone, as rembg runs it: the fastest of five runs. size: px of its input."""
    session = onnxruntime.InferenceSession(file)
    fed: dict[str, Any] = {session.get_inputs()[0].name: np.zeros((1, 3, size, size), np.float32)}
    return min(timed(lambda: session.run(None, fed))().wall_s for _ in range(5))
