"""The request of `/v2/edit`: the vendor's names, defaults and limits."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from cutoutd.command import (
    Background,
    Canvas,
    Fit,
    ImageFormat,
    Length,
    Outline,
    Output,
    Placement,
    ReferenceBox,
    RemoveBackground,
    Shadow,
    ShadowKind,
    Sides,
    Source,
    Unit,
)
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.color import RGBA
from cutoutd.options.fields import color_of, length_of, size_of
from cutoutd.web.fields import (
    Color,
    Flag,
    Image,
    RequestFields,
    Spelled,
    Url,
    at_most_one,
    stripped,
)
from cutoutd.web.parts import Upload

FORMATS = {
    "png": ImageFormat.PNG,
    "jpeg": ImageFormat.JPEG,
    "jpg": ImageFormat.JPEG,
    "webp": ImageFormat.WEBP,
}
PLACES = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
SIZES = ("auto", "originalimage", "croppedsubject")
MOST_PADDING = 0.49
WHITE = (255, 255, 255, 255)
NOTHING = Length(value=0)
GENERATED = (
    "background.prompt",
    "background.guidance",
    "beautify.",
    "describeAnyChange.",
    "editWithAI.",
    "expand.",
    "flatLay.",
    "ghostMannequin.",
    "imageFromPrompt.",
    "ironing.",
    "lighting.",
    "textRemoval.",
    "uncrop.",
    "upscale.",
    "virtualModel.",
)
"""Beginnings of fields that ask for pixels that are not in the image, or for other pixels."""
MISSING = ("maxWidth", "maxHeight", "templateId", "layers")


def padding_of(text: str) -> Length:
    """`0.1` and `10%` of the canvas, or `100px`. Raises ValueError."""
    try:
        length = Length(value=100 * float(text), unit=Unit.PERCENT)
    except ValueError:
        length = length_of(text)
    if length.value < 0 or (length.unit is Unit.PERCENT and length.value > 100 * MOST_PADDING):
        raise ValueError("must be 0 to 0.49, 0% to 49%, or pixels like 100px.")
    return length


def backdrop_color_of(text: str) -> RGBA | None:
    """A colour, or nothing for `transparent`. Raises ValueError."""
    return None if text.strip().lower() == "transparent" else color_of(text)


def output_size_of(text: str) -> tuple[int | None, int | None] | str:
    """`800x600`, or one of SIZES in lower case. Raises ValueError."""
    word = text.strip().lower()
    return word if word in SIZES else size_of(text)


Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(stripped)]
PaddingField = Annotated[Length, Spelled(padding_of)]


class EditRequest(RequestFields):
    """Put the subject of one image on a canvas."""

    image_file: Image | None = Field(
        None,
        validation_alias=AliasChoices("imageFile", "image_file"),
        description="The image's file",
    )
    image_url: Url | None = Field(None, validation_alias="imageUrl", description="Its URL")
    remove: Flag = Field(
        True, validation_alias="removeBackground", description="False only with a blur"
    )
    color: Annotated[RGBA | None, Spelled(backdrop_color_of)] | None = Field(
        None, validation_alias="background.color", description="A colour, or `transparent`"
    )
    behind_url: Url | None = Field(
        None, validation_alias="background.imageUrl", description="URL of a background image"
    )
    behind_file: Image | None = Field(
        None, validation_alias="background.imageFile", description="A background image's file"
    )
    behind_scaling: Literal["fill", "fit"] = Field(
        "fill", validation_alias="background.scaling", description="How it fills the canvas"
    )
    blur_mode: Literal["gaussian", "bokeh"] | None = Field(
        None, validation_alias="background.blur.mode", description="Blurs what lies behind"
    )
    blur_radius: Annotated[float, Field(ge=0, le=0.05), BeforeValidator(stripped)] = Field(
        0.01, validation_alias="background.blur.radius", description="How much, as a share"
    )
    size: Annotated[Any, Spelled(output_size_of)] = Field(
        "auto",
        validation_alias="outputSize",
        description="`originalImage`, `croppedSubject` or WIDTHxHEIGHT",
    )
    padding: PaddingField | None = Field(None, description="Left free around the subject")
    padding_top: PaddingField | None = Field(
        None, validation_alias="paddingTop", description="Likewise of this side alone"
    )
    padding_right: PaddingField | None = Field(
        None, validation_alias="paddingRight", description="Likewise of this side alone"
    )
    padding_bottom: PaddingField | None = Field(
        None, validation_alias="paddingBottom", description="Likewise of this side alone"
    )
    padding_left: PaddingField | None = Field(
        None, validation_alias="paddingLeft", description="Likewise of this side alone"
    )
    scaling: Literal["fit", "fill"] = Field("fit", description="How the subject fills its place")
    horizontal: Literal["left", "center", "right"] = Field(
        "center", validation_alias="horizontalAlignment", description="Where it stands"
    )
    vertical: Literal["top", "center", "bottom"] = Field(
        "center", validation_alias="verticalAlignment", description="Where it stands"
    )
    reference: Literal["subjectBox", "originalImage"] = Field(
        "subjectBox", validation_alias="referenceBox", description="What is fitted"
    )
    snap: Flag = Field(
        True,
        validation_alias="ignorePaddingAndSnapOnCroppedSides",
        description="A side that the image cuts off stands at the edge",
    )
    shadow: Literal["ai.soft", "ai.hard", "ai.floating", "ai.auto-with-overrides"] | None = Field(
        None, validation_alias="shadow.mode", description="`ai.floating` lies behind the subject"
    )
    shadow_intensity: Share | None = Field(
        None, validation_alias="shadow.intensityOverride", description="Its opacity"
    )
    outline: Annotated[float, Field(ge=0, le=0.1), BeforeValidator(stripped)] = Field(
        0.0, validation_alias="outline.width", description="Width of a line around the subject"
    )
    outline_color: Color | None = Field(
        None, validation_alias="outline.color", description="Its colour; white if not given"
    )
    format: Literal["png", "jpeg", "jpg", "webp"] = Field(
        "png", validation_alias="export.format", description="File format"
    )
    dpi: Annotated[int, Field(ge=72, le=1200), BeforeValidator(stripped)] | None = Field(
        None, validation_alias="export.dpi", description="Resolution that the file states"
    )

    @model_validator(mode="before")
    @classmethod
    def _possible(cls, fields: Any) -> Any:
        """Raises InvalidRequest naming a field that asks for what is not done here."""
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if value not in (None, "") and name.startswith(GENERATED + MISSING):
                raise InvalidRequest(f"{name}: this is not done here.", field=name)
        return fields

    def backdrop(self) -> "tuple[str, str | Upload] | None":
        """Name and value of the background image, if there is one. Raises InvalidRequest."""
        return at_most_one(
            ("background.imageUrl", self.behind_url), ("background.imageFile", self.behind_file)
        )

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for this request. Raises InvalidRequest."""
        if not self.remove and not self.blur_mode:
            raise InvalidRequest(
                "removeBackground: here the background is always removed, or blurred.",
                field="removeBackground",
            )
        width = Outline(width=self.outline, color=(self.outline_color or WHITE)[:3])
        return RemoveBackground(
            sources=(source,),
            canvas=self._canvas(),
            placement=self._placement(),
            background=self._background(backdrop),
            shadow=self._shadow(),
            outline=width if self.outline else None,
            dpi=self.dpi,
            outputs=(Output(format=FORMATS[self.format]),),
        )

    def _sides(self) -> Sides:
        every = self.padding or NOTHING
        return Sides(
            top=self.padding_top or every,
            right=self.padding_right or every,
            bottom=self.padding_bottom or every,
            left=self.padding_left or every,
        )

    def _canvas(self) -> Canvas | None:
        """None for the image's own size, which Placement fills."""
        if self.size in ("auto", "originalimage"):
            return None
        width, height = (None, None) if self.size == "croppedsubject" else self.size
        whole = self.reference == "originalImage"
        return Canvas(
            width=width,
            height=height,
            padding=self._sides(),
            fit=Fit.COVER if self.scaling == "fill" else Fit.CONTAIN,
            reference=ReferenceBox.IMAGE if whole else ReferenceBox.SUBJECT,
            snap_cropped_sides=self.snap,
        )

    def _placement(self) -> Placement | None:
        """On a canvas where it stands; in the image's own size how large it is, too."""
        x, y = PLACES[self.horizontal], PLACES[self.vertical]
        if self._canvas() is not None:
            return Placement(x=x, y=y)
        asked = {"padding", "horizontal", "vertical", "scaling"} & self.model_fields_set
        if not asked:
            return None
        padding = self.padding or NOTHING
        if padding.unit is Unit.PX and padding.value:
            raise InvalidRequest("padding: in pixels only with outputSize.", field="padding")
        return Placement(scale=1 - 2 * padding.value / 100, x=x, y=y)

    def _background(self, image: Source | None) -> Background | None:
        blur = self.blur_radius if self.blur_mode and self.blur_radius else None
        if image is not None:
            fit = Fit.COVER if self.behind_scaling == "fill" else Fit.CONTAIN
            return Background(picture=image, fit=fit, blur=blur)
        if blur is not None:
            return Background(blur=blur)
        return Background(color=self.color) if self.color else None

    def _shadow(self) -> Shadow | None:
        if self.shadow is None:
            return None
        opacity = 0.5 if self.shadow_intensity is None else self.shadow_intensity
        floating = self.shadow == "ai.floating"
        softness = 0.004 if self.shadow == "ai.hard" else None
        kind = ShadowKind.DROP if floating else ShadowKind.CONTACT
        return Shadow(opacity=opacity, kind=kind, softness=softness)
