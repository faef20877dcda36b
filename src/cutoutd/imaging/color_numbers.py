"""Colour that a file states in numbers instead of a profile, as a profile.

Code points: ITU-T H.273 (`cICP` in PNG, `nclx` in AVIF and HEIC). Curves: IEC 61966-2-1, ITU-R
BT.2100-2 (PQ and HLG). High dynamic range is brought to a screen's by the EETF of ITU-R
BT.2390-10, 5.4.1, for each channel alone: a display of 1000 cd/m² on one of 203, which is where
BT.2408 puts a white sheet. Up to 90 cd/m² nothing changes.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.icc import Chromaticity, matrix_profile

TONE_MAPPED = "tone_mapped_to_sdr"
"""The note that an image had a high dynamic range."""

Primaries = tuple[Chromaticity, Chromaticity, Chromaticity]
Curve = NDArray[np.float64]

D65, DCI, C, E = (0.3127, 0.329), (0.314, 0.351), (0.31, 0.316), (1 / 3, 1 / 3)
PRIMARIES: dict[int, tuple[Primaries, Chromaticity]] = {
    1: (((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65),
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), C),
    5: (((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), D65),
    6: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),
    7: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),
    8: (((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), C),
    9: (((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), D65),
    11: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), DCI),
    12: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65),
    22: (((0.63, 0.34), (0.295, 0.605), (0.155, 0.077)), D65),
}
UNSPECIFIED, SRGB_PRIMARIES = 2, 1
LIKE_SRGB = (1, 2, 6, 13, 14, 15)
"""Transfers that viewers of stills show as sRGB's: television's, which describe cameras, too."""
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
PQ, HLG = 16, 18
STEPS = 4_096
DISPLAY, WHITE = 1_000.0, 203.0
"""cd/m²: the brightest that is meant, and what becomes sRGB's white."""
SYSTEM_GAMMA = 1.2
"""HLG's, for a display of 1000 cd/m²."""
GAMMA_OF_SRGB, NO_DIFFERENCE = 2.2, 0.05
"""libpng's rule: a gamma within 5 % of sRGB's 2.2 means sRGB."""


class Stated(NamedTuple):
    """What the numbers mean; no profile: sRGB."""

    profile: bytes | None
    notes: tuple[str, ...] = ()


@cache
def stated_by_code_points(primaries: int, transfer: int) -> Stated | None:
    """The meaning of H.273's numbers, or None where they say nothing that we know."""
    primaries = SRGB_PRIMARIES if primaries == UNSPECIFIED else primaries
    if primaries not in PRIMARIES:
        return None
    if primaries == SRGB_PRIMARIES and transfer in LIKE_SRGB:
        return Stated(None)
    curve = _curve(transfer)
    if curve is None:
        return None
    name = f"H.273 {primaries}/{transfer}"
    profile = matrix_profile(*PRIMARIES[primaries], curve, name=name)
    return Stated(profile, (TONE_MAPPED,) if transfer in (PQ, HLG) else ())


def stated_by_gamma(
    exponent: float | None, chromaticities: tuple[Chromaticity, ...] | None
) -> Stated | None:
    """The meaning of `gAMA` and `cHRM`, either of which may be missing, or None if it is none.

    exponent: of the encoding, such as 0.45455. chromaticities: white, red, green, blue.
    """
    curve = _srgb(_steps())
    if exponent is not None:
        if not 0.05 <= exponent <= 5:
            return None
        if abs(exponent * GAMMA_OF_SRGB - 1) >= NO_DIFFERENCE:
            curve = _steps() ** (1 / exponent)
    primaries, white = PRIMARIES[SRGB_PRIMARIES]
    if chromaticities is not None:
        white, *three = chromaticities
        primaries = (three[0], three[1], three[2])
    try:
        return Stated(matrix_profile(primaries, white, curve, name="gAMA cHRM"))
    except (ValueError, np.linalg.LinAlgError):
        return None


def _steps() -> Curve:
    return np.linspace(0, 1, STEPS)


def _curve(transfer: int) -> Curve | None:
    numbers = _steps()
    if transfer in LIKE_SRGB:
        return _srgb(numbers)
    if transfer in GAMMAS:
        light: Curve = numbers ** GAMMAS[transfer]
        return light
    if transfer == PQ:
        return _on_a_screen(_pq(numbers))
    if transfer == HLG:
        return _on_a_screen(DISPLAY * _hlg(numbers) ** SYSTEM_GAMMA)
    return None


def _srgb(numbers: Curve) -> Curve:
    return np.where(numbers <= 0.04045, numbers / 12.92, ((numbers + 0.055) / 1.055) ** 2.4)


M1, M2, C1, C2, C3 = 2610 / 16_384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def _pq(numbers: Curve) -> Curve:
    """cd/m² of PQ's numbers."""
    root = numbers ** (1 / M2)
    light: Curve = 10_000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)
    return light


def _as_pq(light: Curve) -> Curve:
    """PQ's numbers of cd/m²."""
    power = (light / 10_000) ** M1
    numbers: Curve = ((C1 + C2 * power) / (1 + C3 * power)) ** M2
    return numbers


def _hlg(numbers: Curve) -> Curve:
    """Light of the scene, 0..1, of HLG's numbers."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(numbers <= 0.5, numbers**2 / 3, (np.exp((numbers - c) / a) + b) / 12)


def _on_a_screen(light: Curve) -> Curve:
    """cd/m² of a bright display to light 0..1 of a screen: BT.2390's EETF, without its black."""
    top, most = _as_pq(np.array((DISPLAY, WHITE)))
    numbers, largest = np.minimum(_as_pq(light) / top, 1), most / top
    knee = 1.5 * largest - 0.5
    t = np.maximum(numbers - knee, 0) / (1 - knee)
    rolled = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * largest
    )
    shown = _pq(np.where(numbers < knee, numbers, rolled) * top)
    return np.clip(shown / WHITE, 0, 1)
