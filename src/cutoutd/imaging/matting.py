"""Alpha matting: how much of each pixel in the band is subject.

`exact` solves closed-form matting at full resolution, as its authors define it. `fast` solves
the same system on a smaller copy and carries the answer over with the colour lines of each
window, which is what closed-form matting assumes of the picture anyway. It also holds open
pixels weakly to the mask, so that a dark stripe in light fur does not become background. What costs
more than its budget falls back: exact to fast, fast to the mask as it was.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Matting, MattingMode
from cutoutd.imaging.budget import Budget, OverBudget
from cutoutd.imaging.dissection import solve_closed_form
from cutoutd.imaging.guided import applied, fit
from cutoutd.imaging.reduce import viewed
from cutoutd.imaging.trimap import BACKGROUND, FOREGROUND, UNKNOWN, trimap_from_mask

FAST_PIXELS = 20_000
"""`fast` shrinks the picture until its band has about as many pixels."""
PRIOR_CONFIDENCE = 0.05
"""Of `fast`, in the mask; a known pixel has 100. Weak: colours decide wherever they can."""
RADIUS = 1
EPSILON = 1e-5
FELL_BACK_TO_FAST = "matting_over_budget_fast"
FELL_BACK_TO_MASK = "matting_over_budget_mask"
NOTHING_SURE = "matting_needs_sure_subject_and_background"


@dataclass(frozen=True, slots=True, kw_only=True)
class MattingBudget:
    """What one picture's matting may cost before it falls back."""

    seconds: float
    memory_bytes: int


def matte(
    rgba: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    wanted: Matting,
    *,
    budget: MattingBudget,
    threads: int,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Solve for alpha in the band that a mask leaves open.

    rgba: (H, W, 4); mask: (H, W) levels. Returns (H, W) levels, and notes for the caller: one
    of the three words above, or none. Known pixels are 0 or 255.
    """
    trimap = trimap_from_mask(
        mask,
        foreground_above=wanted.foreground_above,
        background_below=wanted.background_below,
        erode_px=wanted.erode_px,
        threads=threads,
    )
    unknown = int(np.count_nonzero(trimap == UNKNOWN))
    if not unknown:
        return trimap, ()
    if not (trimap == FOREGROUND).any() or not (trimap == BACKGROUND).any():
        return mask, (NOTHING_SURE,)
    left = Budget(seconds=budget.seconds, memory_bytes=budget.memory_bytes)
    try:
        if wanted.mode is MattingMode.EXACT:
            alpha = solve_closed_form(rgba, trimap, budget=left, threads=threads)
            return np.rint(alpha * 255).astype(np.uint8), ()
        scale = min(1.0, (FAST_PIXELS / unknown) ** 0.5)
        return _matte_fast(rgba, mask, trimap, scale=scale, budget=left, threads=threads), ()
    except OverBudget:
        if wanted.mode is MattingMode.FAST:
            return mask, (FELL_BACK_TO_MASK,)
    fast, notes = matte(
        rgba, mask, replace(wanted, mode=MattingMode.FAST), budget=budget, threads=threads
    )
    return fast, notes or (FELL_BACK_TO_FAST,)


def _matte_fast(
    rgba: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    *,
    scale: float,
    budget: Budget,
    threads: int,
) -> NDArray[np.uint8]:
    height, width = trimap.shape
    size = (max(3, round(width * scale)), max(3, round(height * scale)))
    small = np.asarray(viewed(rgba).resize(size, Image.Resampling.BOX))
    coarse = solve_closed_form(
        small,
        _shrunk(trimap, size),
        prior=np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BOX)),
        prior_confidence=PRIOR_CONFIDENCE,
        budget=budget,
        threads=threads,
    )
    if size == (width, height):
        return np.rint(coarse * 255).astype(np.uint8)
    guide = np.moveaxis(small[..., :3].astype(np.float32) / np.float32(255), -1, 0)
    coefficients = fit(
        np.ascontiguousarray(guide), coarse, radius=RADIUS, epsilon=EPSILON, threads=threads
    )
    levels = applied(coefficients, rgba, threads=threads)
    return np.where(trimap == UNKNOWN, levels, trimap)


def _shrunk(trimap: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A smaller trimap: sure only where every pixel beneath is sure of the same."""
    mean = np.asarray(Image.fromarray(trimap).resize(size, Image.Resampling.BOX))
    small = np.full(mean.shape, UNKNOWN, dtype=np.uint8)
    small[mean == BACKGROUND] = BACKGROUND
    small[mean == FOREGROUND] = FOREGROUND
    return small
