"""What lies behind the subject."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from cutoutd.command import Background, Fit, Outline, Shadow, ShadowKind, Source
from cutoutd.options.fields import AnyColor, Flag, ImageOption, Options, Share, share

WHITE = (255, 255, 255)


class LayerOptions(Options):
    """Background, shadow and outline."""

    background: AnyColor | None = Field(None, description="Colour: #rrggbb, #rrggbbaa or a name")
    background_image: ImageOption | None = Field(
        None, description="An image behind the subject: a file, URL, data URI or base64"
    )
    background_fit: Fit = Field(Fit.COVER, description="How it fills the canvas")
    background_blur: Annotated[Share, Field(gt=0, le=0.2)] | None = Field(
        None,
        description="Blur of the background image, or of the photo behind its subject: sigma as a "
        "share of its longer side, as 0.02 or 2%",
    )
    outline: Annotated[Share, Field(gt=0, le=0.2)] | None = Field(
        None,
        description="Width of a line around the subject, as a share of its longer side: a sticker",
    )
    outline_color: AnyColor | None = Field(None, description="Its colour; white if not given")
    shadow: Share | None = Field(None, description="Opacity of a shadow; 0.5 with another option")
    shadow_type: ShadowKind | None = Field(
        None,
        description="contact: at each part that touches the ground; drop: behind the subject; "
        "long: along the ground; reflection: the mirror image",
    )
    shadow_softness: Annotated[Share, Field(le=0.2)] | None = Field(
        None, description="Blur of its edge, as a share of the subject's longer side"
    )
    shadow_angle: Annotated[float, Field(ge=-360, le=360)] | None = Field(
        None, description="Where drop and long fall, in degrees: 0 right, 90 down or away"
    )
    shadow_length: Annotated[float, Field(ge=0, le=3), BeforeValidator(share)] | None = Field(
        None, description="How far it reaches, as a share of the subject"
    )
    shadow_color: AnyColor | None = Field(None, description="Its colour; black if not given")
    linear_light: Flag = Field(False, description="Blend in linear light")

    @model_validator(mode="after")
    def _has_one_background(self) -> Self:
        if self.background and self.background_image is not None:
            raise ValueError("background: give a colour or an image, not both")
        if self.background and self.background_blur is not None:
            raise ValueError("background: give a colour or background_blur, not both")
        return self

    def to_background(self, image: Source | None) -> Background | None:
        """What lies behind; image: the background image, stored."""
        if self.background:
            return Background(color=self.background)
        if image is None and self.background_blur is None:
            return None
        return Background(picture=image, fit=self.background_fit, blur=self.background_blur)

    def to_outline(self) -> Outline | None:
        """The outline, if one is wanted."""
        if self.outline is None:
            return None
        color = self.outline_color or WHITE
        return Outline(width=self.outline, color=color[:3])

    def to_shadow(self) -> Shadow | None:
        """The shadow, if one is wanted."""
        if self.shadow is None and self.shadow_type is None:
            return None
        usual = Shadow()
        return Shadow(
            opacity=usual.opacity if self.shadow is None else self.shadow,
            kind=self.shadow_type or usual.kind,
            color=(self.shadow_color or usual.color)[:3],
            softness=self.shadow_softness,
            angle=usual.angle if self.shadow_angle is None else self.shadow_angle,
            length=self.shadow_length,
        )
