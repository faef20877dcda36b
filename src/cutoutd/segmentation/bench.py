"""How fast a model is here, and how much its masks agree with another's and with the truth.

Measures follow the salient-object literature: MAE, IoU at one half, and max-F, the largest
value of the F-measure (beta squared 0.3; Achanta et al., CVPR 2009) over 256 thresholds, of
the curve averaged over the photos.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import ColorProfile
from cutoutd.errors import CutoutError
from cutoutd.imaging.decode import decode
from cutoutd.segmentation.opening import OpenModel

Probability = NDArray[np.float32]
BETA_SQUARED = 0.3
LEVELS = 256
LARGEST = 100_000_000
"""Pixels; photos beyond it are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One model's figures over a folder of photos."""

    model: str
    provider: str
    photos: int
    median_ms: float
    p95_ms: float
    mae: float | None = None
    """Mean absolute difference from the reference model's masks, 0..1."""
    iou: float | None = None
    """Mean overlap with the reference model's subjects, cut at one half."""
    max_f: float | None = None
    """Against given masks."""


def photos_in(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Every image that can be read in a folder, upright sRGB (H, W, 3), by its stem."""
    found = {}
    for path in sorted(folder.iterdir()):
        try:
            picture = decode(path.read_bytes(), max_pixels=LARGEST, color_profile=ColorProfile.SRGB)
        except (CutoutError, OSError):
            continue
        found[path.stem] = np.ascontiguousarray(picture.pixels[..., :3])
    return found


def masks_in(folder: Path, stems: Iterable[str]) -> dict[str, NDArray[np.bool_]]:
    """The true masks (H, W) that a folder has for these photos: same stem, subject is light."""
    files = {path.stem: path for path in folder.iterdir() if path.is_file()}
    return {
        stem: np.asarray(Image.open(files[stem]).convert("L")) > 127
        for stem in stems
        if stem in files
    }


def predicted(
    session: OpenModel, photos: Mapping[str, NDArray[np.uint8]], *, rounds: int = 1
) -> tuple[dict[str, Probability], list[float]]:
    """Each photo's mask at the network's size, and the milliseconds of every run."""
    session.warm()
    spent: list[float] = []
    masks: dict[str, Probability] = {}
    for _ in range(rounds):
        for stem, rgb in photos.items():
            start = perf_counter()
            masks[stem] = np.nan_to_num(session.predict(rgb))
            spent.append((perf_counter() - start) * 1000)
    return masks, spent


def bench(
    session: OpenModel,
    photos: Mapping[str, NDArray[np.uint8]],
    *,
    reference: Mapping[str, Probability] | None = None,
    truth: Mapping[str, NDArray[np.bool_]] | None = None,
    rounds: int = 3,
) -> tuple[Bench, dict[str, Probability]]:
    """Run a model over photos; its figures and its masks, to be another's reference."""
    masks, spent = predicted(session, photos, rounds=rounds)
    pairs = (
        [(masks[s], resize_mask(reference[s], masks[s].shape)) for s in masks] if reference else []
    )
    figures = Bench(
        model=session.name,
        provider=session.provider,
        photos=len(photos),
        median_ms=round(statistics.median(spent), 1),
        p95_ms=round(float(np.percentile(spent, 95)), 1),
        mae=round(float(np.mean([np.abs(a - b).mean() for a, b in pairs])), 5) if pairs else None,
        iou=round(float(np.mean([overlap(a, b) for a, b in pairs])), 5) if pairs else None,
        max_f=round(max_f([(masks[s], truth[s]) for s in masks if s in truth]), 4)
        if truth
        else None,
    )
    return figures, masks


def overlap(one: Probability, other: Probability) -> float:
    """Intersection over union of what is above one half; two empty subjects agree."""
    a, b = one > 0.5, other > 0.5
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def max_f(pairs: Sequence[tuple[Probability, NDArray[np.bool_]]]) -> float:
    """The best mean F-measure that one threshold reaches over (probability, truth) pairs.

    Each probability is resize_mask to its truth's size first.
    """
    curves = [_f_curve(resize_mask(mask, truth.shape), truth) for mask, truth in pairs]
    return float(np.mean(curves, axis=0).max())


def _f_curve(mask: Probability, truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F at each of 256 thresholds, from two histograms."""
    levels = np.round(mask * (LEVELS - 1)).astype(np.int64)
    inside = np.bincount(levels[truth], minlength=LEVELS)[::-1].cumsum()[::-1]
    outside = np.bincount(levels[~truth], minlength=LEVELS)[::-1].cumsum()[::-1]
    precision = inside / np.maximum(inside + outside, 1)
    recall = inside / max(int(truth.sum()), 1)
    total = BETA_SQUARED * precision + recall
    f: NDArray[np.float64] = (1 + BETA_SQUARED) * precision * recall / np.maximum(total, 1e-12)
    return f


def resize_mask(mask: Probability, shape: tuple[int, ...]) -> Probability:
    """A probability map (h, w) at another size, bilinear."""
    if mask.shape == shape:
        return mask
    image = Image.fromarray(mask, mode="F").resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.float32)
