"""How large the finished image is, and where the subject stands in it."""

from typing import Annotated, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from cutoutd.command import Canvas, Crop, Fit, Placement, ReferenceBox, Sides
from cutoutd.command.geometry import check_room
from cutoutd.errors import InvalidRequest
from cutoutd.options.fields import Flag, Options, Padding, Position, Ratio, Share, Size, stripped
from cutoutd.options.subject import percent

CENTER = (0.5, 0.5)


class CanvasOptions(Options):
    """Canvas and position."""

    size: Size | None = Field(
        None, description="The canvas in pixels: 2000x1500; 2000x or x1500 leave a side open"
    )
    ratio: Ratio | None = Field(
        None, description="The canvas's width to its height, as 4:5; where size leaves one open"
    )
    padding: Padding | None = Field(
        None,
        description="Left free on the canvas: 1, 2 or 4 lengths, clockwise from the top, "
        "in px or % of the canvas",
    )
    scale: Annotated[Share, Field(gt=0)] | None = Field(
        None,
        validation_alias=AliasChoices("scale", "fill"),
        description="Share of the canvas that the subject's longer side fills, as 0.85 or 85%",
    )
    position: Position | None = Field(
        None, description="Where the subject stands: bottom, top left, or x, y as shares 0..1"
    )
    fit: Fit = Field(
        Fit.CONTAIN, description="cover fills what the padding leaves, and loses what does not fit"
    )
    max_enlargement: Annotated[float, Field(gt=0, le=100), BeforeValidator(stripped)] | None = (
        Field(None, description="The subject grows to at most so many times its pixels")
    )
    reference_box: ReferenceBox = Field(
        ReferenceBox.SUBJECT,
        description="What is fitted into the canvas: the subject, the image as it was framed, "
        "or a portrait's head",
    )
    snap_cropped_sides: Flag = Field(
        True, description="A subject that the image's frame cuts off stands at the canvas's edge"
    )
    crop: Flag = Field(False, description="Cut away what holds no subject")
    crop_margin: Share = Field(0, description="Margin left around it, as a share of the subject")
    max_pixels: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Shrink the finished images to at most this many pixels"
    )

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.ratio is not None and self.size is not None and None not in self.size:
            raise ValueError("ratio: size says both sides already; give one of them, or no ratio.")
        if (canvas := self.to_canvas()) is not None:
            try:
                check_room(canvas)
            except InvalidRequest as error:
                raise ValueError(error.message) from error
        return self

    def to_canvas(self) -> Canvas | None:
        """The canvas, if one of its options is given."""
        wanted = (self.size, self.ratio, self.padding)
        if wanted == (None, None, None) and self.reference_box is ReferenceBox.SUBJECT:
            return None
        width, height = self.size or (None, None)
        return Canvas(
            width=width,
            height=height,
            ratio=self.ratio,
            padding=self.padding or Sides(),
            fit=self.fit,
            reference=self.reference_box,
            snap_cropped_sides=self.snap_cropped_sides,
        )

    def to_crop(self) -> Crop | None:
        """The crop, if it is wanted."""
        margin = percent(self.crop_margin)
        return Crop(top=margin, right=margin, bottom=margin, left=margin) if self.crop else None

    def to_placement(self) -> Placement | None:
        """How large the subject is and where it stands, if it is told."""
        if (self.scale, self.position, self.max_enlargement) == (None, None, None):
            return None
        x, y = self.position or CENTER
        return Placement(scale=self.scale, x=x, y=y, max_enlargement=self.max_enlargement)
