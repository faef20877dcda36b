"""The vendor's request: an image and remove.bg's parameters, within two objects."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from cutoutd.command import (
    Background,
    Crop,
    ImageFormat,
    ImageKind,
    MaskEdits,
    Output,
    Placement,
    Region,
    RemoveBackground,
    Shadow,
    ShadowKind,
    Source,
)
from cutoutd.errors import InvalidRequest
from cutoutd.web.fields import Color, Flag, RequestFields, Spelled, Text, TextImage, stripped
from cutoutd.web.lengths import CENTER, margins_of, position_of, region_of, scale_of
from cutoutd.web.parts import Upload

MEGAPIXEL: Final = 1_000_000
MOST_PIXELS: Final = {
    "preview": MEGAPIXEL // 4,
    "auto": 25 * MEGAPIXEL,
    "full": 25 * MEGAPIXEL,
    "50MP": 50 * MEGAPIXEL,
}
FORMATS: Final = {
    "png": ImageFormat.PNG,
    "jpg": ImageFormat.JPEG,
    "webp": ImageFormat.WEBP,
}
SHADOWS: Final = {"drop": ShadowKind.DROP, "3d": ShadowKind.LONG, "car": ShadowKind.CONTACT}
PARAMETERS: Final = "parameters"

Subject = Literal[
    "auto", "person", "product", "car", "animal", "graphic", "transportation", "other"
]
Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(stripped)]


class ReferenceImage(RequestFields):
    """An image: by its address, its bytes or the id of an upload."""

    type: Literal["URL", "BASE64", "UPLOADED", "GENERATED", "VARIATION"] = Field(
        description="Which of the others it is in"
    )
    url: TextImage | None = Field(None, description="With `URL`: its URL, or a data URI")
    data: TextImage | None = Field(None, description="With `BASE64`: its bytes")
    id: Text | None = Field(None, description="With `UPLOADED`: what POST /v1/files gave")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.type in ("GENERATED", "VARIATION"):
            raise InvalidRequest(
                f"image.type: {self.type} images are not here; send the URL of one.", field="type"
            )
        name = {"URL": "url", "BASE64": "data"}.get(self.type, "id")
        given = [one for one in ("url", "data", "id") if getattr(self, one) is not None]
        if given != [name]:
            raise InvalidRequest(
                f"image: {self.type} needs {name}, and nothing beside it.", field=name
            )
        return self

    def sent(self) -> str | Upload:
        """The one value that holds the image."""
        return next(one for one in (self.url, self.data, self.id) if one is not None)


class Reference(RequestFields):
    """One image that guides."""

    image: ReferenceImage


class Guidances(RequestFields):
    """The image, and what shall lie behind it."""

    image_reference: Annotated[list[Reference], Field(min_length=1, max_length=1)] = Field(
        description="The image"
    )
    background_image_reference: Annotated[list[Reference], Field(max_length=1)] = Field(
        [], description="A background image"
    )


class RemoveBgParameters(RequestFields):
    """What to make of the image."""

    guidances: Guidances = Field(description="The image, and what lies behind it")
    size: Literal["preview", "auto", "full", "50MP"] = Field(
        "full", description="Most pixels of the answer"
    )
    type: Subject = Field("auto", description="Accepted; it chooses no other network")
    type_level: Literal["none", "1", "2", "latest"] = Field("1", description="Accepted")
    format: Literal["png", "jpg", "webp"] = Field("png", description="File format")
    channels: Literal["rgba", "alpha"] = Field("rgba", description="Colours and alpha, or alpha")
    bg_color: Color | None = Field(None, description="Background colour: hexadecimal or a name")
    crop: Flag = Field(False, description="Cut away what holds no subject")
    crop_margin: Annotated[Crop, Spelled(margins_of)] | None = Field(
        None, description="What to leave around a cropped subject"
    )
    roi: Annotated[Region, Spelled(region_of)] | None = Field(
        None, description="Where the subject is: left top right bottom"
    )
    scale: Annotated[float | None, Spelled(scale_of)] | None = Field(
        None, description="Share of the image that the subject fills"
    )
    position: Annotated[tuple[float, float] | None, Spelled(position_of)] | None = Field(
        None, description="Where the subject stands in the image"
    )
    shadow_type: Literal["none", "drop", "3d", "car"] = Field(
        "none", description="`3d` falls along the ground, `car` is a contact shadow"
    )
    shadow_opacity: Percent | None = Field(None, description="Opacity of the shadow, 0 to 100")
    semitransparency: Flag = Field(True, description="False makes see-through holes solid")
    quantity: Annotated[int, Field(ge=1, le=1)] = Field(1, description="Always one")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, fields: Any) -> Any:
        """Raises InvalidRequest for a parameter that the vendor has not, as it does."""
        names = fields if isinstance(fields, dict) else ()
        unknown = next((name for name in names if name not in cls.model_fields), None)
        if unknown is not None:
            raise InvalidRequest(
                f"{PARAMETERS}.{unknown[:100]}: there is no such parameter.", field=unknown[:100]
            )
        return fields

    def images(self) -> list[tuple[str, str | Upload]]:
        """The image and the background's, if there is one, each with the field it is in."""
        given = self.guidances
        behind = given.background_image_reference
        if behind and self.bg_color:
            raise InvalidRequest(
                "Only one of bg_color and background_image_reference can be used.",
                field="background_image_reference",
            )
        found = [("image_reference", given.image_reference[0].image.sent())]
        return found + [("background_image_reference", one.image.sent()) for one in behind]

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for these parameters."""
        written = FORMATS[self.format]
        kind = ImageKind.MASK if self.channels == "alpha" else ImageKind.CUTOUT
        return RemoveBackground(
            sources=(source,),
            mask=MaskEdits(fill_holes=not self.semitransparency),
            region=self.roi,
            crop=(self.crop_margin or Crop()) if self.crop else None,
            placement=self._placement(),
            background=self._background(backdrop),
            shadow=self._shadow(),
            max_pixels=MOST_PIXELS[self.size],
            outputs=(Output(kind=kind, format=written),),
        )

    def _placement(self) -> Placement | None:
        if self.scale is None and self.position is None:
            return None
        x, y = self.position or CENTER
        return Placement(scale=self.scale, x=x, y=y)

    def _background(self, backdrop: Source | None) -> Background | None:
        if self.bg_color:
            return Background(color=self.bg_color)
        return Background(picture=backdrop) if backdrop else None

    def _shadow(self) -> Shadow | None:
        if self.shadow_type == "none":
            return None
        opacity = 0.5 if self.shadow_opacity is None else self.shadow_opacity / 100
        return Shadow(opacity=opacity, kind=SHADOWS[self.shadow_type])


class GenerationRequest(RequestFields):
    """Remove the background of one image."""

    model: Literal["remove-bg"] = Field(description="Always `remove-bg`")
    parameters: RemoveBgParameters = Field(description="The image, and what to make of it")
    public: Flag = Field(False, description="Accepted; nothing is shown to others")
    ephemeral: Flag = Field(False, description="The link lives for 30 minutes")
    base64: Flag = Field(False, description="The image in the answer instead of a link")
