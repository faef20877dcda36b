"""The vendor's request: its names, defaults and limits."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

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
from cutoutd.web.dialects.removebg.refusal import Refusal
from cutoutd.web.fields import (
    Color,
    FileImage,
    Flag,
    Image,
    RequestFields,
    Spelled,
    TextImage,
    Url,
    stripped,
)
from cutoutd.web.lengths import (
    CENTER,
    EmptyRegion,
    margins_of,
    position_of,
    region_of,
    scale_of,
)
from cutoutd.web.parts import Upload

MEGAPIXEL = 1_000_000
MOST_PIXELS: dict[str, int] = {
    "preview": MEGAPIXEL // 4,
    "small": MEGAPIXEL // 4,
    "regular": MEGAPIXEL // 4,
    "medium": 3 * MEGAPIXEL // 2,
    "hd": 4 * MEGAPIXEL,
    "full": 25 * MEGAPIXEL,
    "4k": 25 * MEGAPIXEL,
    "auto": 25 * MEGAPIXEL,
    "50MP": 50 * MEGAPIXEL,
}

Size = Literal["preview", "small", "regular", "medium", "hd", "full", "4k", "auto", "50MP"]
Subject = Literal[
    "auto",
    "person",
    "product",
    "animal",
    "car",
    "car_interior",
    "car_part",
    "transportation",
    "graphics",
    "other",
]
ShadowType = Literal["none", "auto", "car", "drop", "3D"]
SHADOWS = {"drop": ShadowKind.DROP, "3D": ShadowKind.LONG}
"""The others are contact shadows."""
Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(stripped)]

FORMATS = {
    "auto": ImageFormat.AUTO,
    "png": ImageFormat.PNG,
    "jpg": ImageFormat.JPEG,
    "webp": ImageFormat.WEBP,
}


def _roi(text: str) -> Region:
    try:
        return region_of(text)
    except EmptyRegion as error:
        raise Refusal(
            "roi_region_empty", "Region of interest is empty", "roi: it is empty.", field="roi"
        ) from error


class RemoveBgRequest(RequestFields):
    """Remove the background of one image."""

    image_file: FileImage | None = Field(None, description="The image's file")
    image_file_b64: TextImage | None = Field(None, description="The image, base64-encoded")
    image_url: Url | None = Field(None, description="URL of the image")
    size: Size = Field("preview", description="Most pixels of the answer")
    type: Subject = Field("auto", description="What the subject is; echoed in X-Type")
    type_level: Literal["none", "1", "2", "latest"] = Field(
        "1", description="`none` leaves X-Type out"
    )
    format: Literal["auto", "png", "jpg", "webp", "zip"] = Field(
        "auto", description="File format; `zip` holds color.jpg and alpha.png"
    )
    roi: Annotated[Region, Spelled(_roi)] | None = Field(
        None, description="Where the subject is: left top right bottom"
    )
    crop: Flag = Field(False, description="Cut away what holds no subject")
    crop_margin: Annotated[Crop, Spelled(margins_of)] | None = Field(
        None, description="What to leave around a cropped subject"
    )
    scale: Annotated[float | None, Spelled(scale_of)] | None = Field(
        None, description="Share of the image that the subject fills"
    )
    position: Annotated[tuple[float, float] | None, Spelled(position_of)] | None = Field(
        None, description="Where the subject stands in the image"
    )
    channels: Literal["rgba", "alpha"] = Field("rgba", description="Colours and alpha, or alpha")
    add_shadow: Flag = Field(False, description="A soft contact shadow below the subject")
    shadow_type: ShadowType = Field(
        "none", description="car: where it touches the ground; 3D: along it; drop: behind"
    )
    shadow_opacity: Percent | None = Field(None, description="Opacity of the shadow, 0 to 100")
    semitransparency: Flag = Field(True, description="False makes see-through holes solid")
    bg_color: Color | None = Field(None, description="Background colour: hexadecimal or a name")
    bg_image_url: Url | None = Field(None, description="URL of a background image")
    bg_image_file: Image | None = Field(None, description="A background image's file")

    def image(self) -> tuple[str, "str | Upload"]:
        """Name and value of the one field that holds the image. Raises Refusal."""
        given = self._given("image_file", "image_file_b64", "image_url")
        if not given:
            raise Refusal(
                "missing_source",
                "No image given",
                "Please provide the source image in the image_url, image_file or "
                "image_file_b64 parameter.",
                field="image_file",
            )
        if len(given) > 1:
            raise Refusal(
                "multiple_sources",
                "Multiple image sources given",
                f"Only one is allowed, not {' and '.join(name for name, _ in given)}.",
                field=given[1][0],
            )
        return given[0]

    def backdrop(self) -> "tuple[str, str | Upload] | None":
        """Likewise of the background image, if there is one."""
        given = self._given("bg_image_url", "bg_image_file")
        if len(given) > 1 or (given and self.bg_color):
            raise Refusal(
                "multiple_bg_sources",
                "Multiple background sources given",
                "Only one of bg_color, bg_image_url and bg_image_file can be used.",
                field=given[-1][0],
            )
        return given[0] if given else None

    def to_command(self, source: Source, backdrop: Source | None = None) -> RemoveBackground:
        """The command for this request."""
        return RemoveBackground(
            sources=(source,),
            mask=MaskEdits(fill_holes=not self.semitransparency),
            region=self.roi,
            crop=self._crop(),
            placement=self._placement(),
            background=self._background(backdrop),
            shadow=self._shadow(),
            max_pixels=MOST_PIXELS[self.size],
            outputs=self._outputs(),
        )

    def _given(self, *names: str) -> list[tuple[str, "str | Upload"]]:
        values = [(name, getattr(self, name)) for name in names]
        return [(name, value) for name, value in values if value is not None]

    def _crop(self) -> Crop | None:
        if not self.crop:
            return None
        return self.crop_margin or Crop()

    def _placement(self) -> Placement | None:
        """A scaled subject is centred unless it is told a place."""
        if self.scale is None and self.position is None:
            return None
        x, y = self.position or CENTER
        return Placement(scale=self.scale, x=x, y=y)

    def _background(self, image: Source | None) -> Background | None:
        if self.bg_color:
            return Background(color=self.bg_color)
        return Background(picture=image) if image else None

    def _shadow(self) -> Shadow | None:
        if not self.add_shadow and self.shadow_type == "none":
            return None
        usual = Shadow()
        opacity = self.shadow_opacity
        return Shadow(
            opacity=usual.opacity if opacity is None else opacity / 100,
            kind=SHADOWS.get(self.shadow_type, usual.kind),
        )

    def _outputs(self) -> tuple[Output, ...]:
        if self.format == "zip":
            return (
                Output(kind=ImageKind.COLOR, format=ImageFormat.JPEG, quality=95),
                Output(kind=ImageKind.MASK),
            )
        if self.channels == "alpha":
            return (Output(kind=ImageKind.MASK),)
        return (Output(format=FORMATS[self.format]),)


class CarvekitRequest(RemoveBgRequest):
    """The same, as carvekit's server reads it: full size unless a smaller one is asked for."""

    size: Size = Field("full", description="Most pixels of the answer")
