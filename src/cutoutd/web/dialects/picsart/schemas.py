"""The vendor's request: its names, defaults and limits."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cutoutd.command import (
    Background,
    Canvas,
    Fit,
    ImageFormat,
    ImageKind,
    Outline,
    Output,
    Placement,
    RemoveBackground,
    Shadow,
    ShadowKind,
    Source,
)
from cutoutd.options.fields import LONGEST_SIDE_PX
from cutoutd.web.fields import Color, Flag, Image, RequestFields, Url, stripped

FORMATS = {"PNG": ImageFormat.PNG, "JPG": ImageFormat.JPEG, "WEBP": ImageFormat.WEBP}
ANGLES = {"right": 0.0, "bottom-right": 45.0, "bottom": 90.0, "bottom-left": 135.0}
ANGLES |= {"left": 180.0, "top-left": 225.0, "top": 270.0, "top-right": 315.0}

WHITE = (255, 255, 255, 255)
Hundred = Annotated[int, Field(ge=0, le=100), BeforeValidator(stripped)]
Pixels = Annotated[int, Field(ge=1, le=LONGEST_SIDE_PX), BeforeValidator(stripped)]
Where = Literal["disabled", "custom", "bottom-right", "bottom-left", "bottom", "left", "right",
                "top", "top-left", "top-right"]  # fmt: skip


class PicsartRequest(RequestFields):
    """Remove the background of one image."""

    image: Image | None = Field(None, description="The image's file")
    image_url: Url | None = Field(None, description="URL of the image")
    output_type: Literal["cutout", "mask"] = Field("cutout", description="Cut-out or mask")
    bg_image: Image | None = Field(None, description="A background image's file")
    bg_image_url: Url | None = Field(None, description="URL of a background image")
    bg_color: Color | None = Field(None, description="Background colour: hexadecimal or a name")
    bg_blur: Hundred = Field(0, description="Blur of the background image")
    bg_width: Pixels | None = Field(None, description="Width of the answer in px")
    bg_height: Pixels | None = Field(None, description="Height of the answer in px")
    scale: Literal["fit", "fill"] = Field("fit", description="How the subject fills that size")
    auto_center: Flag = Field(False, description="The subject in the middle")
    stroke_size: Hundred = Field(0, description="Width of a line around the subject")
    stroke_color: Color | None = Field(None, description="Its colour; white if not given")
    stroke_opacity: Hundred = Field(100, description="Accepted; the line is opaque")
    shadow: Where = Field("disabled", description="Where a shadow falls")
    shadow_opacity: Hundred = Field(20, description="Opacity of the shadow")
    shadow_blur: Hundred = Field(50, description="Softness of the shadow")
    format: Annotated[
        Literal["PNG", "JPG", "WEBP"], BeforeValidator(lambda text: str(text).upper())
    ] = Field("PNG", description="File format")

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for this request."""
        kind = ImageKind.MASK if self.output_type == "mask" else ImageKind.CUTOUT
        sized = self.bg_width is not None or self.bg_height is not None
        fit = Fit.COVER if self.scale == "fill" else Fit.CONTAIN
        line = Outline(width=self.stroke_size / 500, color=(self.stroke_color or WHITE)[:3])
        return RemoveBackground(
            sources=(source,),
            canvas=Canvas(width=self.bg_width, height=self.bg_height, fit=fit) if sized else None,
            placement=Placement() if self.auto_center else None,
            background=self._background(backdrop),
            shadow=self._shadow(),
            outline=line if self.stroke_size else None,
            outputs=(Output(kind=kind, format=FORMATS[self.format]),),
        )

    def _background(self, image: Source | None) -> Background | None:
        if image is None:
            return Background(color=self.bg_color) if self.bg_color else None
        return Background(picture=image, blur=self.bg_blur / 2000 if self.bg_blur else None)

    def _shadow(self) -> Shadow | None:
        if self.shadow == "disabled":
            return None
        return Shadow(
            opacity=self.shadow_opacity / 100,
            kind=ShadowKind.DROP,
            softness=self.shadow_blur / 1000,
            angle=ANGLES.get(self.shadow, 45.0),
        )
