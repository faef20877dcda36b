"""What is read and written."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from cutoutd.command import ColorProfile, Frames, ImageFormat, ImageKind, Output, Quality
from cutoutd.options.fields import Flag, Options, Takes, stripped, words

DEFAULT_QUALITY = 90


def _care(value: Any) -> Any:
    """Before `image_quality` had a name of its own, `quality` was that number."""
    value = stripped(value)
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not (number in list(Quality) or (isinstance(number, int) and 1 <= number <= 100)):
        raise ValueError("must be fast, balanced or high (a number from 1 to 100: image_quality)")
    return number


def _by_its_name(value: Any) -> Any:
    """`jpg` is how names of JPEG files end."""
    value = stripped(value)
    return "jpeg" if isinstance(value, str) and value.lower() == "jpg" else value


Percent = Annotated[int, Field(ge=1, le=100)]


class FileOptions(Options):
    """Files and quality."""

    outputs: Annotated[
        list[ImageKind],
        BeforeValidator(words),
        Field(min_length=1, max_length=3),
        Takes('str | Sequence[Literal["cutout", "mask", "color"]]'),
    ] = Field([ImageKind.CUTOUT], description="cutout, mask, color: one image for each")
    format: Annotated[ImageFormat, BeforeValidator(_by_its_name)] | None = Field(
        None,
        description="png, webp, avif, jpeg, gif or auto; else what `Accept` or the name says",
    )
    quality: Annotated[Quality | Percent, BeforeValidator(_care)] = Field(
        Quality.BALANCED,
        description="Care for the mask: fast, balanced, high; a number is `image_quality`",
    )
    image_quality: Annotated[Percent, BeforeValidator(stripped)] | None = Field(
        None, description="Of the lossy formats, 90 if not given; 100 writes WebP without loss"
    )
    dpi: Annotated[float, Field(ge=1, le=10_000), BeforeValidator(stripped)] | None = Field(
        None, description="Resolution that the files state, in pixels an inch"
    )
    color_profile: ColorProfile = Field(
        ColorProfile.SRGB, description="srgb converts, keep keeps the image's own profile"
    )
    frames: Frames = Field(
        Frames.FIRST, description="all keeps an animation one; as webp, png or gif"
    )
    lenient: Flag = Field(False, description="Keep JPEGs and PNGs that end early")

    @model_validator(mode="after")
    def _has_one_quality(self) -> Self:
        if isinstance(self.quality, int) and self.image_quality is not None:
            raise ValueError("quality: with image_quality it is fast, balanced or high")
        return self

    def to_quality(self) -> Quality:
        """The care for the mask."""
        return Quality.BALANCED if isinstance(self.quality, int) else self.quality

    def to_outputs(self, accepted: ImageFormat) -> tuple[Output, ...]:
        """One for each that is asked for; accepted: the format where none is named."""
        written = self.format or accepted
        given = self.quality if isinstance(self.quality, int) else self.image_quality
        lossy = given or DEFAULT_QUALITY
        return tuple(Output(kind=kind, format=written, quality=lossy) for kind in self.outputs)
