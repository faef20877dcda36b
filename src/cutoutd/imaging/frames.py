"""All frames of an animation, or all pages: each as it is seen, with how long it stays."""

from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageSequence

from cutoutd.command import ColorProfile
from cutoutd.errors import SourceRejected
from cutoutd.imaging import profiles
from cutoutd.imaging.containers.kinds import Kind, title
from cutoutd.imaging.decode import open_apart, refusing, take_apart, to_pixels
from cutoutd.imaging.levels import eight_bits
from cutoutd.imaging.picture import Picture

SMALLEST_COST = 100_000
"""Pixels that a frame counts for at least: the network sees small frames no faster."""
STAYS_MS = 100
"""Of a frame that says nothing, and of a page."""
SHORTEST_MS = 10
"""Players take as long for shorter ones, or longer."""


class Frame(NamedTuple):
    """One moment."""

    picture: Picture
    duration_ms: int


class Animation(NamedTuple):
    """A file of several frames."""

    kind: Kind
    length: int
    """In frames."""
    loops: int | None
    """How often it is shown again; 0: for ever; None: the file does not say."""


def read_animation(data: bytes, *, max_pixels: int, budget: int) -> Animation:
    """What the headers say. Raises SourceRejected, `too_many_frames`.

    budget: frames times pixels.
    """
    kind, contents = take_apart(data, frames=True)
    with refusing(kind), open_apart(kind, contents.pixels, max_pixels) as image:
        size, loops = image.size, image.info.get("loop")
    most = budget // max(size[0] * size[1], SMALLEST_COST)
    if contents.frames > most:
        raise SourceRejected(
            f"The {title(kind)} has {contents.frames} frames; "
            f"at most {most} of {size[0]} x {size[1]} pixels are worked on.",
            reason="too_many_frames",
        )
    return Animation(kind, contents.frames, loops)


def read_frames(data: bytes, count: int, *, max_pixels: int) -> Iterator[Frame]:
    """At most `count` frames in turn, sRGB, all as large as the first.

    Raises SourceRejected for a damaged frame, or one of another size.
    """
    kind, contents = take_apart(data, frames=True)
    with refusing(kind), open_apart(kind, contents.pixels, max_pixels) as image:
        size, given = image.size, 0
        for place, shown in enumerate(ImageSequence.Iterator(image)):
            if place == 0 and getattr(image, "default_image", False):
                continue  # Of an APNG: for programs that know no animations.
            if given == count:
                return
            given += 1
            shown.load()
            if shown.size != size:
                message = f"Page {place + 1} of the {title(kind)} has another size than the first."
                raise SourceRejected(message, reason="unsupported_format")
            rgba, _ = profiles.to_rgba(
                eight_bits(shown), contents.profile, ColorProfile.SRGB, stated=contents.stated
            )
            pixels = to_pixels(rgba)
            opaque = bool((pixels[..., 3] == 255).all())
            yield Frame(Picture(pixels=pixels, opaque=opaque), _duration(shown))


def _duration(image: Image.Image) -> int:
    stays = image.info.get("duration", STAYS_MS)
    return round(stays) if stays >= SHORTEST_MS else STAYS_MS
