"""What color statements mean, by the standards, in floats: apart from our code."""

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.icc import matrix_profile

Pixels = NDArray[np.float64]
"""(H, W, 4) straight RGBA, 0..255."""
Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
D65 = (0.3127, 0.329)
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046))


def lightness_curve(values: Pixels) -> Pixels:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light: Pixels) -> Pixels:
    clipped = np.clip(light, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)


def to_xyz(primaries: Primaries) -> Pixels:
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    x, y = D65
    return columns * np.linalg.solve(columns, (x / y, 1, (1 - x - y) / y))


def shown(stored: Pixels, primaries: Primaries, gamma: float | None) -> Pixels:
    """Numbers of other primaries and another gamma (None: sRGB's curve), as sRGB."""
    values = stored[..., :3] / 255
    light = lightness_curve(values) if gamma is None else values**gamma
    light = light @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(primaries)).T
    return np.dstack((encoded(light) * 255, stored[..., 3:]))


def profile(primaries: Primaries, gamma: float | None, name: str) -> bytes:
    steps = np.linspace(0, 1, 4_096)
    curve = lightness_curve(steps) if gamma is None else steps**gamma
    return matrix_profile(primaries, D65, curve, name=name)


COLORS: dict[str, tuple[Primaries, float | None]] = {
    "P3": (P3, None),
    "linear named sRGB": (SRGB, 1.0),
    "BT.2020 gamma 1.8": (BT2020, 1.8),
}
PROFILES = {
    "P3": profile(P3, None, "Display P3"),
    "linear named sRGB": profile(SRGB, 1.0, "sRGB-elle-V2-g10.icc"),
    "BT.2020 gamma 1.8": profile(BT2020, 1.8, "odd"),
}
