"""Alpha matting: how much of each pixel in the band is subject.

`exact` solves closed-form matting at full resolution, as its authors define it. `fast` solves
the same system on a smaller copy and carries the answer over with the colour lines of each
window, which is what closed-form matting assumes of the image anyway. It also holds open
pixels to the mask, the less the less certain that is, so that a dark stripe in light fur does not
become background. What costs more than its budget falls back: exact to fast, fast to the mask as
it was.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import Matting, MattingMode
from cutoutd.imaging.budget import Budget, OverBudget
from cutoutd.imaging.dissection import Prior, solve_closed_form
from cutoutd.imaging.guided import apply, fit
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.resize import BOX, Shape, resize, resize_plane
from cutoutd.imaging.trimap import BACKGROUND, FOREGROUND, UNKNOWN, trimap_from_mask

FAST_PIXELS = 20_000
"""`fast` shrinks the image until its band has about as many pixels."""
PRIOR_WEIGHT, PRIOR_DOUBT = 4e-4, 1e-4
"""Confidence of `fast` in the mask is the one over the mask's variance and the other: at most 4,
and two hundredths where the network errs; a known pixel has 100."""
RADIUS = 2
EPSILON = 3e-6
FELL_BACK_TO_FAST = "matting_over_budget_fast"
FELL_BACK_TO_MASK = "matting_over_budget_mask"
NOTHING_SURE = "matting_needs_sure_subject_and_background"


@dataclass(frozen=True, slots=True, kw_only=True)
class MattingBudget:
    """What one image's matting may cost before it falls back."""

    seconds: float
    memory_bytes: int


def matte(
    rgba: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    wanted: Matting,
    *,
    variance: Plane,
    budget: MattingBudget,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Solve for alpha in the band that a mask leaves open.

    rgba: (H, W, 4); mask: (H, W) levels; variance: of alpha around them, on any coarser grid.
    Returns (H, W) levels, and notes for the caller: one of the three words above, or none.
    Known pixels are 0 or 255.
    """
    trimap = trimap_from_mask(
        mask,
        foreground_above=wanted.foreground_above,
        background_below=wanted.background_below,
        erode_px=wanted.erode_px,
    )
    unknown = int(np.count_nonzero(trimap == UNKNOWN))
    if not unknown:
        return trimap, ()
    if not (trimap == FOREGROUND).any() or not (trimap == BACKGROUND).any():
        return mask, (NOTHING_SURE,)
    left = Budget(seconds=budget.seconds, memory_bytes=budget.memory_bytes)
    try:
        if wanted.mode is MattingMode.EXACT:
            alpha = solve_closed_form(rgba, trimap, budget=left)
            return np.rint(alpha * 255).astype(np.uint8), ()
        scale = min(1.0, (FAST_PIXELS / unknown) ** 0.5)
        size = tuple(max(3, round(side * scale)) for side in mask.shape)
        prior = _make_prior(mask, variance, size)
        return _matte_fast(rgba, trimap, prior, budget=left), ()
    except OverBudget:
        if wanted.mode is MattingMode.FAST:
            return mask, (FELL_BACK_TO_MASK,)
    cheaper = replace(wanted, mode=MattingMode.FAST)
    fast, notes = matte(rgba, mask, cheaper, variance=variance, budget=budget)
    return fast, notes or (FELL_BACK_TO_FAST,)


def _make_prior(mask: NDArray[np.uint8], variance: Plane, shape: Shape) -> Prior:
    """What a mask says on a grid of that shape, and how far to believe it."""
    levels = resize(mask, shape, BOX)
    spread = resize_plane(variance, levels.shape)
    confidence = np.float32(PRIOR_WEIGHT) / (spread + np.float32(PRIOR_DOUBT))
    return Prior(levels.astype(np.float32) / np.float32(255), confidence)


def _matte_fast(
    rgba: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    prior: Prior,
    *,
    budget: Budget,
) -> NDArray[np.uint8]:
    """Solve on the prior's grid and enlarge."""
    small = resize(rgba, prior.alpha.shape, BOX)
    sure = _shrink_trimap(trimap, prior.alpha.shape)
    coarse = solve_closed_form(small, sure, prior=prior, budget=budget)
    if coarse.shape == trimap.shape:
        return np.rint(coarse * 255).astype(np.uint8)
    guide = np.moveaxis(small[..., :3].astype(np.float32) / np.float32(255), -1, 0)
    fitted = fit(np.ascontiguousarray(guide), coarse, radius=RADIUS, epsilon=EPSILON)
    levels = apply(fitted[:4], rgba)
    return np.where(trimap == UNKNOWN, levels, trimap)


def _shrink_trimap(trimap: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """A smaller trimap: sure only where every pixel beneath is sure of the same."""
    mean = resize(trimap, shape, BOX)
    small = np.full(mean.shape, UNKNOWN, dtype=np.uint8)
    small[mean == BACKGROUND] = BACKGROUND
    small[mean == FOREGROUND] = FOREGROUND
    return small
