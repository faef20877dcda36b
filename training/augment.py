"""What one packed picture may look like in training; all of it on the device, on whole batches.

Pictures are float tensors (N, 4, S, S), levels 0 to 1: red, green, blue and the truth. Each
function changes a random part of the batch and leaves the rest as it is.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LUMA = (0.299, 0.587, 0.114)
WIDEST = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How often and how strongly. Shares are of the pictures, 0 to 1."""

    composites: float = 0.15
    """Get a cut-out pasted in, its soft alpha added to the truth."""
    smallest_cutout: float = 0.25
    """Side of the smallest that is pasted in, as a part of the picture; the largest is 0.95."""
    rows: float = 0.0
    """Of the cut-outs are pasted as rows of two or three of them, one row or more."""
    smallest_crop: float = 0.6
    """Side of the smallest crop, as a part of the picture; the largest is 1.1."""
    wide: float = 0.0
    """Are seen from further away: 1 to `WIDEST` times the picture."""
    turn_degrees: float = 8.0
    colour: float = 0.35
    """Largest change of brightness, contrast and saturation, as a factor's distance from 1."""
    grey: float = 0.06
    blur: float = 0.12
    noise: float = 0.15
    jpeg: float = 0.3


def augmented(pictures: Tensor, cutouts: Tensor, how: Augmentation, side: int) -> Tensor:
    """The whole sequence. Returns (N, 4, side, side).

    cutouts: (M, 4, C, C) premultiplied, one for each of the first M pictures.
    """
    if len(cutouts):
        cutouts = in_rows(cutouts, how.rows)
        below, rest = pictures[: len(cutouts)], pictures[len(cutouts) :]
        pictures = torch.cat([pasted(below, cutouts, how.smallest_cutout), rest])
    pictures = cropped(pictures, how, side)
    rgb, truth = pictures[:, :3], pictures[:, 3:]
    rgb = coloured(rgb, how.colour)
    rgb = greyed(rgb, how.grey)
    rgb = blurred(rgb, how.blur)
    rgb = noisy(rgb, how.noise)
    rgb = compressed(rgb.clamp(0, 1), how.jpeg)
    return torch.cat([rgb.clamp(0, 1), truth.clamp(0, 1)], dim=1)


def normalised(rgb: Tensor) -> Tensor:
    """Levels 0 to 1 -> what the network takes."""
    mean = torch.tensor(MEAN, device=rgb.device)[:, None, None]
    std = torch.tensor(STD, device=rgb.device)[:, None, None]
    return (rgb - mean) / std


def _chosen(pictures: Tensor, share: float) -> Tensor:
    """(N, 1, 1, 1) of 1 where a picture is chosen and 0 elsewhere."""
    count = len(pictures)
    return (torch.rand(count, 1, 1, 1, device=pictures.device) < share).to(pictures.dtype)


def _between(pictures: Tensor, low: float, high: float) -> Tensor:
    """(N,) uniform numbers."""
    return low + (high - low) * torch.rand(len(pictures), device=pictures.device)


def _flips(pictures: Tensor) -> Tensor:
    """(N,) of 1 or -1."""
    return torch.sign(torch.rand(len(pictures), device=pictures.device) - 0.5)


def _placed(pictures: Tensor, maps: Tensor, side: int, *, padding: str) -> Tensor:
    """Sample each picture through its (2, 3) affine map onto a square of `side` px."""
    grid = functional.affine_grid(maps, [len(maps), 4, side, side], align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode=padding, align_corners=False)


def pasted(pictures: Tensor, cutouts: Tensor, smallest: float) -> Tensor:
    """Paste a cut-out over each picture, `smallest` to 0.95 of its side, anywhere that it fits.

    The truth becomes the union: what was a subject stays one where it can still be seen.
    """
    size = _between(cutouts, smallest, 0.95)
    across, down = (_between(cutouts, -1, 1) * (1 - size) for _ in range(2))
    zero = torch.zeros_like(size)
    maps = torch.stack(
        [
            torch.stack([_flips(cutouts) / size, zero, -across / size], dim=1),
            torch.stack([zero, 1 / size, -down / size], dim=1),
        ],
        dim=1,
    )
    front = _placed(cutouts, maps, pictures.shape[-1], padding="zeros")
    return front + (1 - front[:, 3:]) * pictures


def in_rows(cutouts: Tensor, share: float) -> Tensor:
    """Repeat a cut-out on a grid of 2 x 2 or 3 x 3, its lowest rows left empty or not.

    Like things in a row are one subject: all of them belong to it.
    """
    side = cutouts.shape[-1]
    repeated = []
    for cutout in cutouts:
        count = int(torch.randint(2, 4, ()))
        one = functional.interpolate(cutout[None], size=side // count, mode="area")
        grid = one.repeat(1, 1, int(torch.randint(1, count + 1, ())), count)
        missing = [side - length for length in grid.shape[-2:]]
        repeated.append(functional.pad(grid, (0, missing[1], 0, missing[0])))
    return torch.lerp(cutouts, torch.cat(repeated), _chosen(cutouts, share))


def cropped(pictures: Tensor, how: Augmentation, side: int) -> Tensor:
    """Crop, stretch, turn and mirror; beyond the frame the picture is reflected."""
    far = _chosen(pictures, how.wide).flatten().bool()
    scale = _between(pictures, how.smallest_crop, 1.1)
    scale = torch.where(far, _between(pictures, 1, WIDEST), scale)
    limit = torch.where(far, WIDEST, 1.1)
    stretch = torch.exp(_between(pictures, -0.15, 0.15))
    wide, high = (scale * stretch).minimum(limit), (scale / stretch).minimum(limit)
    # A little beyond the frame is centred; what is far is anywhere.
    across, down = (
        _between(pictures, -1, 1) * torch.where(far, 1 - part, (1 - part).clamp(min=0))
        for part in (wide, high)
    )
    most = math.radians(how.turn_degrees)
    angle = _between(pictures, -most, most) * _chosen(pictures, 0.5).flatten()
    sine, cosine, flip = torch.sin(angle), torch.cos(angle), _flips(pictures)
    maps = torch.stack(
        [
            torch.stack([flip * wide * cosine, -high * sine, across], dim=1),
            torch.stack([flip * wide * sine, high * cosine, down], dim=1),
        ],
        dim=1,
    )
    return _placed(pictures, maps, side, padding="reflection")


def coloured(rgb: Tensor, strength: float) -> Tensor:
    """Change brightness, contrast, saturation, gamma and the balance of the three colours."""

    def factor(channels: int = 1) -> Tensor:
        spread = torch.rand(len(rgb), channels, 1, 1, device=rgb.device) * 2 - 1
        return 1 + strength * spread

    grey = _luma(rgb)
    rgb = grey + (rgb - grey) * factor()
    middle = grey.mean((2, 3), keepdim=True)
    rgb = (middle + (rgb - middle) * factor()) * factor()
    rgb = rgb * (1 + 0.3 * (factor(3) - 1))
    return rgb.clamp(1e-4, 1) ** factor()


def _luma(rgb: Tensor) -> Tensor:
    weights = torch.tensor(LUMA, device=rgb.device)[:, None, None]
    return (rgb * weights).sum(1, keepdim=True)


def greyed(rgb: Tensor, share: float) -> Tensor:
    """Take the colour away."""
    return torch.lerp(rgb, _luma(rgb).expand_as(rgb), _chosen(rgb, share))


def blurred(rgb: Tensor, share: float) -> Tensor:
    """Blur as a picture that was enlarged: shrink to a third to two thirds, and back."""
    factor = 1 / (1.5 + 1.5 * float(torch.rand(())))
    small = functional.interpolate(rgb, scale_factor=factor, mode="area")
    soft = functional.interpolate(small, size=rgb.shape[-2:], mode="bilinear")
    return torch.lerp(rgb, soft, _chosen(rgb, share))


def noisy(rgb: Tensor, share: float) -> Tensor:
    """Add Gaussian noise of up to 0.08."""
    strength = _between(rgb, 0, 0.08)[:, None, None, None] * _chosen(rgb, share)
    return rgb + strength * torch.randn_like(rgb)


def compressed(rgb: Tensor, share: float) -> Tensor:
    """Lose what JPEG loses: round the 8x8 cosine coefficients, high frequencies coarsely.

    The quantisation step of a coefficient grows with its frequency; colour is left alone.
    """
    chosen = torch.nonzero(_chosen(rgb, share).flatten()).flatten()
    if len(chosen) == 0:
        return rgb
    n = torch.arange(8, device=rgb.device, dtype=rgb.dtype)
    basis = torch.cos(math.pi * (2 * n[None, :] + 1) * n[:, None] / 16) / 2
    basis[0] /= math.sqrt(2)
    frequency = n[:, None] + n[None, :]
    step = _between(chosen, 0.01, 0.06)[:, None, None, None, None] * (1 + 0.6 * frequency)
    count, side = len(chosen), rgb.shape[-1]
    blocks = rgb[chosen].reshape(count, 3, side // 8, 8, side // 8, 8).transpose(3, 4)
    blocks = blocks.reshape(count, -1, 1, 8, 8)
    coefficients = basis @ blocks @ basis.T
    coefficients = torch.round(coefficients / step) * step
    levels = (basis.T @ coefficients @ basis).reshape(count, 3, side // 8, side // 8, 8, 8)
    levels = levels.transpose(3, 4).reshape(count, 3, side, side)
    return rgb.index_copy(0, chosen, levels)
