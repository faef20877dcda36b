"""Pictures with a known answer: foreground, background and alpha, drawn from a number.

Colours are smooth noise with fine texture on it, alpha is one of the kinds that cut-outs are
judged by. Everything is float, 0..1; the composite is the only thing that was ever a photo.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float64]
KINDS = ("hair", "fur", "blur", "holes", "glass")


@dataclass(frozen=True)
class Composite:
    """One drawn picture: front * alpha + back * (1 - alpha), rounded to 8 bits."""

    kind: str
    front: Floats
    back: Floats
    alpha: Floats
    shown: NDArray[np.uint8]


def draw(kind: str, seed: int, width: int, height: int) -> Composite:
    """A picture of one of the KINDS. alpha is (H, W) in steps of 1/255, colours (H, W, 3)."""
    random = np.random.default_rng(seed)
    front = _texture(random, width, height, cell=max(24, width // 6), grain=0.015)
    back = _texture(random, width, height, cell=max(24, width // 8), grain=0.015)
    alpha = _alpha(kind, random, width, height)
    alpha = np.rint(alpha * 255) / 255
    share = alpha[..., np.newaxis]
    shown = np.rint((front * share + back * (1 - share)) * 255).astype(np.uint8)
    return Composite(kind, front, back, alpha, shown)


def _texture(
    random: np.random.Generator, width: int, height: int, *, cell: int, grain: float
) -> Floats:
    """Soft blobs of colour around a random mean, with fine grain that all channels share."""
    mean = random.uniform(0.2, 0.8, 3)
    blobs = random.normal(0, 0.12, (height // cell + 2, width // cell + 2, 3))
    soft = np.stack([_enlarged(blobs[..., color], width, height) for color in range(3)], axis=-1)
    fine = _enlarged(random.normal(0, grain, (height // 2 + 1, width // 2 + 1)), width, height)
    return np.clip(mean + soft + fine[..., np.newaxis], 0.02, 0.98)


def _enlarged(plane: Floats, width: int, height: int) -> Floats:
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float64)


def _alpha(kind: str, random: np.random.Generator, width: int, height: int) -> Floats:
    scale = 2
    canvas = Image.new("L", (width * scale, height * scale))
    pen = ImageDraw.Draw(canvas)
    side = min(canvas.size)
    centre = np.array(canvas.size) / 2 + random.uniform(-0.04, 0.04, 2) * side
    around = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    wobble = 1 + sum(
        random.normal(0, 0.06) * np.sin(n * around + random.uniform(0, 6.28)) for n in range(2, 6)
    )
    radius = 0.3 * side * wobble
    outline = centre + np.stack([np.cos(around) * radius, np.sin(around) * radius], axis=1)
    pen.polygon([tuple(point) for point in outline], fill=255)
    if kind in ("hair", "fur"):
        _strands(pen, random, outline, centre, side, long=kind == "hair")
    if kind == "holes":
        for point in centre + random.uniform(-0.16, 0.16, (9, 2)) * side:
            size = random.uniform(0.008, 0.035) * side
            pen.ellipse([*(point - size), *(point + size)], fill=0)
    alpha = canvas.filter(ImageFilter.GaussianBlur(side / 80 if kind == "blur" else scale * 0.6))
    levels = np.asarray(alpha.resize((width, height), Image.Resampling.BOX), dtype=np.float64) / 255
    if kind == "glass":
        levels *= np.where(_enlarged(random.normal(0, 1, (4, 5)), width, height) > 0.3, 0.55, 1)
    return levels


def _strands(
    pen: ImageDraw.ImageDraw,
    random: np.random.Generator,
    outline: Floats,
    centre: Floats,
    side: int,
    *,
    long: bool,
) -> None:
    """Curved hairs that start inside the outline and thin out beyond it."""
    count, reach = (500, 0.16) if long else (1600, 0.05)
    for _ in range(count):
        start = outline[random.integers(len(outline))]
        away = (start - centre) / np.linalg.norm(start - centre)
        bend = np.array([-away[1], away[0]]) * random.normal(0, 0.5)
        length = reach * side * random.uniform(0.4, 1)
        steps = np.linspace(-0.2, 1, 14)[:, np.newaxis]
        points = start + away * length * steps + bend * length * steps**2
        pen.line([tuple(point) for point in points], fill=255, width=random.integers(1, 4))
