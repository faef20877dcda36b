"""Foreground estimation: the colours of the subject without the background's share.

A soft pixel shows I = alpha F + (1 - alpha) B. The colours around it tell F and B roughly, and
roughly is enough on a coarse grid; the equation itself then corrects them at every pixel.

Source of the coarse part: Germer, Uelwer, Conrad and Harmeling 2020, "Fast Multi-Level
Foreground Estimation". Source of the correction: Forte 2021, "Approximate Fast Foreground
Colour Estimation"; ours moves F and B to the nearest pair that satisfies the equation.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.threads import each
from cutoutd.imaging.tiles import Plane, Tile, enlarged, tiles

FULL = 255
COARSE_PIXELS = 40_000
"""The grid on which colours are spread has about as many cells."""
SMOOTHNESS = 1e-5
"""How strongly neighbours want the same colour even where alpha is flat; Germer's epsilon_r."""
EDGE_SMOOTHNESS = 1.0
"""And how strongly where alpha changes; Germer's omega."""


def cut_out(
    rgba: NDArray[np.uint8], alpha: NDArray[np.uint8], *, estimate: bool, threads: int
) -> None:
    """Make a picture a cutout, in place: alpha in its fourth channel, the subject's colours.

    rgba: (H, W, 4); alpha: (H, W). Where alpha is 255 the colours stay as they are, where it
    is 0 all four channels become 0, and between they become the estimated foreground, or stay
    as they are if `estimate` is off.
    """
    shape = alpha.shape
    factor = max(1, round((alpha.size / COARSE_PIXELS) ** 0.5))
    coarse_alpha, coarse_colors = _coarse(rgba, alpha, factor)
    coarse = _spread(coarse_colors, coarse_alpha) if estimate else coarse_colors

    whole = rgba.view(np.uint32)[..., 0]

    def fill(tile: Tile) -> None:
        place = (tile.rows, tile.columns)
        levels = alpha[place]
        if levels.max() == 0:
            whole[place] = 0
            return
        if levels.min() < FULL and estimate:
            _unmix(rgba[place], levels, enlarged(coarse, tile, shape))
        rgba[place][..., 3] = levels
        np.copyto(whole[place], 0, where=levels == 0)

    each(fill, tiles(shape, coarse_alpha.shape), threads)


def _unmix(pixels: NDArray[np.uint8], levels: NDArray[np.uint8], coarse: Plane) -> None:
    """Write F over I: of the pairs that give I, the one nearest to the coarse F and B.

    pixels: (h, w, 4); levels: (h, w) of alpha; coarse: (6, h, w), used up. Where alpha is 1,
    F is I to the last bit.
    """
    alpha = levels.astype(np.float32) / np.float32(FULL)
    rest = 1 - alpha
    share = alpha / (alpha * alpha + rest * rest)
    for color in range(3):
        front, missing = coarse[color], coarse[3 + color]
        missing *= rest
        missing += alpha * front
        np.subtract(pixels[..., color], missing, out=missing)
        missing *= share
        front += missing
        np.rint(np.clip(front, 0, FULL, out=front), out=front)
        pixels[..., color] = front


def _coarse(rgba: NDArray[np.uint8], alpha: NDArray[np.uint8], factor: int) -> tuple[Plane, Plane]:
    """(h, w) alpha 0..1 and (3, h, w) colours 0..255, averaged over squares."""
    size = (alpha.shape[1], alpha.shape[0])
    colors = Image.frombuffer("RGBX", size, rgba, "raw", "RGBX", 0, 1).reduce(factor)
    share = Image.fromarray(alpha).reduce(factor)
    planes = np.moveaxis(np.asarray(colors, dtype=np.float32)[..., :3], -1, 0)
    return np.asarray(share, dtype=np.float32) / np.float32(255), np.ascontiguousarray(planes)


def _spread(colors: Plane, alpha: Plane) -> Plane:
    """(6, h, w): foreground and background colours everywhere, from coarse to fine."""
    height, width = alpha.shape
    levels = max(1, int(np.ceil(np.log2(max(height, width)))))
    front_back = np.zeros((6, 1, 1), dtype=np.float32)
    front_back[:3, 0, 0] = _mean_color(colors, alpha)
    front_back[3:, 0, 0] = _mean_color(colors, 1 - alpha)
    for level in range(1, levels + 1):
        size = (
            max(1, round(width ** (level / levels))),
            max(1, round(height ** (level / levels))),
        )
        share = _resized(alpha, size)
        seen = np.stack([_resized(color, size) for color in colors])
        front_back = np.stack(
            [_resized(plane, size, Image.Resampling.NEAREST) for plane in front_back]
        )
        for _ in range(10 if max(size) <= 32 else 2):
            front_back = _relaxed(front_back, seen, share)
    return front_back


def _relaxed(front_back: Plane, seen: Plane, alpha: Plane) -> Plane:
    """One Jacobi step of Germer's cost: explain the pixel, agree with the four neighbours."""
    edged = np.pad(alpha, 1, mode="edge")
    around = np.pad(front_back, ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = alpha.shape
    total = np.zeros_like(front_back)
    weight = np.zeros_like(alpha)
    for down, across in ((0, 1), (2, 1), (1, 0), (1, 2)):
        rows, columns = slice(down, down + height), slice(across, across + width)
        pull = SMOOTHNESS + EDGE_SMOOTHNESS * np.abs(edged[rows, columns] - alpha)
        weight += pull
        total += pull * around[:, rows, columns]
    rest = 1 - alpha
    # Per pixel: minimise (I - alpha F - rest B)^2 + weight |F - mean F|^2 + weight |B - mean B|^2.
    front, back = total[:3] / weight, total[3:] / weight
    missing = (seen - alpha * front - rest * back) / (weight + alpha * alpha + rest * rest)
    moved: Plane = np.concatenate([front + alpha * missing, back + rest * missing])
    return np.clip(moved, 0, 255)


def _mean_color(colors: Plane, weight: Plane) -> Plane:
    total = float(weight.sum())
    if total == 0:
        return np.asarray(colors.mean(axis=(1, 2)))
    return np.asarray((colors * weight).sum(axis=(1, 2)) / np.float32(total))


def _resized(
    plane: Plane, size: tuple[int, int], how: Image.Resampling = Image.Resampling.BOX
) -> Plane:
    return np.asarray(Image.fromarray(plane).resize(size, how))
