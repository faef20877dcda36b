"""What is added to a cutout: what lies behind it, its shadow and its outline."""

from dataclasses import dataclass
from enum import StrEnum

from cutoutd.command.geometry import Fit
from cutoutd.command.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What lies behind the subject: a colour, an image, the source itself blurred, or nothing."""

    color: tuple[int, int, int, int] | None = None
    """Straight RGBA, 0..255."""
    picture: Source | None = None
    fit: Fit = Fit.COVER
    blur: float | None = None
    """Blurs the image, or where none is given the source: sigma as a share of its longer side."""


class ShadowKind(StrEnum):
    """What kind of shadow it is."""

    CONTACT = "contact"
    """On the ground, at each part that touches it."""
    DROP = "drop"
    """Behind the subject, as of a thing that floats before a wall."""
    LONG = "long"
    """Along the ground, away from a low light."""
    REFLECTION = "reflection"
    """The mirror image on a shining ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A shadow of the subject; a crop and a canvas leave room for it."""

    opacity: float = 0.5
    kind: ShadowKind = ShadowKind.CONTACT
    color: tuple[int, int, int] = (0, 0, 0)
    softness: float | None = None
    """Sigma of its edge as a share of the subject's longer side. None: as suits its kind."""
    angle: float = 45.0
    """Where it falls, in degrees: 0 is right, 90 down (DROP) or away from the viewer (LONG)."""
    length: float | None = None
    """How far it reaches, as a share of the subject's longer side (DROP) or height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A line around the subject, as around a sticker."""

    width: float
    """Share of the subject's longer side."""
    color: tuple[int, int, int] = (255, 255, 255)
