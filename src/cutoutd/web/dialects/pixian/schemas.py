"""The vendor's request: its names, defaults and limits."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cutoutd.command import (
    Background,
    Canvas,
    Crop,
    ImageFormat,
    Output,
    Placement,
    ReferenceBox,
    RemoveBackground,
    Sides,
    Source,
)
from cutoutd.options.fields import Padding, size_of
from cutoutd.web.fields import (
    Color,
    Flag,
    Image,
    RequestFields,
    Spelled,
    TextImage,
    Url,
    stripped,
)

FORMATS = {"auto": ImageFormat.AUTO, "png": ImageFormat.PNG, "jpeg": ImageFormat.JPEG}
PLACES = {"top": 0.0, "middle": 0.5, "bottom": 1.0}


def target_of(text: str) -> tuple[int | None, int | None]:
    """`result.target_size`: width and height in px, `800 600`. Raises ValueError."""
    return size_of("x".join(text.split()))


class PixianRequest(RequestFields):
    """Remove the background of one image."""

    image: Image | None = Field(None, description="The image's file")
    image_url: Url | None = Field(None, validation_alias="image.url", description="Its URL")
    image_base64: TextImage | None = Field(
        None, validation_alias="image.base64", description="The image, base64-encoded"
    )
    max_pixels: Annotated[int, Field(ge=100, le=100_000_000), BeforeValidator(stripped)] = Field(
        25_000_000, description="Most pixels of the answer"
    )
    test: Flag = Field(False, description="Accepted; nothing is marked or charged")
    background_color: Color | None = Field(
        None, validation_alias="background.color", description="Background colour"
    )
    crop: Flag = Field(
        False, validation_alias="result.crop_to_foreground", description="Cut away what is empty"
    )
    margin: Padding | None = Field(
        None, validation_alias="result.margin", description="Left free around it: px or %"
    )
    target: Annotated[tuple[int | None, int | None], Spelled(target_of)] | None = Field(
        None, validation_alias="result.target_size", description="Width and height in px"
    )
    vertical: Literal["top", "middle", "bottom"] = Field(
        "middle", validation_alias="result.vertical_alignment", description="Where it stands"
    )
    format: Literal["auto", "png", "jpeg"] = Field(
        "auto", validation_alias="output.format", description="File format"
    )
    quality: Annotated[int, Field(ge=1, le=100), BeforeValidator(stripped)] = Field(
        75, validation_alias="output.jpeg_quality", description="Of a JPEG"
    )

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this request."""
        behind = Background(color=self.background_color) if self.background_color else None
        return RemoveBackground(
            sources=(source,),
            crop=self._crop(),
            canvas=self._canvas(),
            placement=Placement(y=PLACES[self.vertical]) if self._canvas() else None,
            background=behind,
            max_pixels=self.max_pixels,
            outputs=(Output(format=FORMATS[self.format], quality=self.quality),),
        )

    def _crop(self) -> Crop | None:
        """The subject and its margin, where the answer may be as large as that is."""
        if not self.crop or self.target is not None:
            return None
        margin = self.margin or Sides()
        return Crop(top=margin.top, right=margin.right, bottom=margin.bottom, left=margin.left)

    def _canvas(self) -> Canvas | None:
        """A size, or a margin around what is not cropped."""
        if self.target is None and (self.crop or self.margin in (None, Sides())):
            return None
        box = ReferenceBox.SUBJECT if self.crop else ReferenceBox.IMAGE
        width, height = self.target or (None, None)
        return Canvas(width=width, height=height, padding=self.margin or Sides(), reference=box)
