"""What lies behind the subject."""

from typing import Self

from pydantic import Field, model_validator

from cutoutd.command import Background, Fit, Shadow, Source
from cutoutd.options.fields import AnyColor, Flag, ImageOption, Options, Share


class LayerOptions(Options):
    """Background and shadow."""

    background: AnyColor | None = Field(None, description="Colour: #rrggbb, #rrggbbaa or a name")
    background_image: ImageOption | None = Field(
        None, description="An image behind the subject: a file, URL, data URI or base64"
    )
    background_fit: Fit = Field(Fit.COVER, description="How it fills the canvas")
    shadow: Share | None = Field(None, description="Opacity of a contact shadow")
    linear_light: Flag = Field(False, description="Blend in linear light")

    @model_validator(mode="after")
    def _has_one_background(self) -> Self:
        if self.background and self.background_image is not None:
            raise ValueError("background: give a colour or an image, not both")
        return self

    def to_background(self, image: Source | None) -> Background | None:
        """What lies behind; image: the background image, stored."""
        if self.background:
            return Background(color=self.background)
        return Background(picture=image, fit=self.background_fit) if image else None

    def to_shadow(self) -> Shadow | None:
        """The shadow, if one is wanted."""
        return None if self.shadow is None else Shadow(opacity=self.shadow)
