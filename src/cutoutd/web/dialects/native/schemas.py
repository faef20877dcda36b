"""Everything the product can do, as one flat request: JSON, a form, or a query beside the bytes."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cutoutd.command import (
    Background,
    Callback,
    ColorProfile,
    Crop,
    Fit,
    Frames,
    ImageFormat,
    ImageKind,
    Length,
    MaskEdits,
    Matting,
    MattingMode,
    Output,
    Placement,
    Point,
    Prompt,
    Quality,
    Region,
    RemoveBackground,
    Shadow,
    Source,
    Unit,
)
from cutoutd.web.fields import (
    Color,
    ErodeSize,
    Flag,
    Image,
    Level,
    RequestFields,
    Text,
    Url,
    called_back,
    not_above,
    several,
    stripped,
)


def _words(value: Any) -> Any:
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


def _groups(value: Any) -> Any:
    """Text with spaces between places: `0.5,0.4 0.6,0.4`."""
    return value.split() if isinstance(value, str) else value


def _care(value: Any) -> Any:
    """Before `image_quality` had a name of its own, `quality` was that number."""
    value = stripped(value)
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not (number in list(Quality) or (isinstance(number, int) and 1 <= number <= 100)):
        raise ValueError("must be fast, balanced or high (a number from 1 to 100: image_quality)")
    return number


MOST_PLACES = 64
"""In one prompt; each costs memory in the network."""

Percent = Annotated[int, Field(ge=1, le=100)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(stripped)]
Shares = Annotated[
    list[Share],
    BeforeValidator(_words),
    Field(min_length=4, max_length=4),
]


Place = Annotated[list[Share], BeforeValidator(_words), Field(min_length=2, max_length=2)]
Places = Annotated[list[Place], BeforeValidator(_groups), Field(max_length=MOST_PLACES)]


class RemoveBackgroundRequest(RequestFields):
    """Remove the background of one or several images."""

    image: Annotated[list[Image], BeforeValidator(several)] = Field(
        [], description="A file, an http(s) URL, a data URI or base64; or several of them"
    )
    file: Annotated[list[Text], BeforeValidator(_words)] = Field(
        [], description="Ids of files uploaded to /v1/files, instead of `image`"
    )
    model: Text | None = Field(None, description="A name from /v1/models")
    subject_at: Places = Field(
        [], description="Places on the subject, x, y as shares 0..1; for models with prompts"
    )
    background_at: Places = Field([], description="Places that are not the subject, likewise")
    subject_box: Shares | None = Field(
        None, description="A box around the subject: left, top, right, bottom, likewise"
    )
    outputs: Annotated[
        list[ImageKind], BeforeValidator(_words), Field(min_length=1, max_length=3)
    ] = Field([ImageKind.CUTOUT], description="cutout, mask, color: one image for each")
    format: ImageFormat | None = Field(
        None, description="png, webp, avif, jpeg, gif or auto; otherwise what `Accept` asks for"
    )
    quality: Annotated[Quality | Percent, BeforeValidator(_care)] = Field(
        Quality.BALANCED,
        description="Care for the mask: fast, balanced, high; a number is `image_quality`",
    )
    image_quality: Annotated[Percent, BeforeValidator(stripped)] | None = Field(
        None, description="Of the lossy formats, 90 if not given; 100 writes WebP without loss"
    )
    smooth: Flag = Field(False, description="Opening, blur and threshold of the mask")
    threshold: Level | None = Field(None, description="Levels above become 255, the rest 0")
    fill_holes: Flag = Field(False, description="Make enclosed holes part of the subject")
    keep_largest: Flag = Field(False, description="Drop all but the largest part")
    min_area_px: Annotated[int, Field(ge=0)] = Field(0, description="Drop parts with fewer pixels")
    edge_shift_px: Annotated[int, Field(ge=-100, le=100)] = Field(
        0, description="Grow (positive) or shrink the subject"
    )
    feather_px: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = Field(
        0, description="Blur of the edge, standard deviation"
    )
    invert: Flag = Field(False, description="Keep the background instead of the subject")
    matting: Literal["none", "fast", "exact"] = Field("none", description="Alpha matting")
    matting_foreground_above: Level = Field(240, description="Levels above are surely subject")
    matting_background_below: Annotated[Level, not_above("matting_foreground_above")] = Field(
        10, validate_default=True, description="Levels below are surely background"
    )
    matting_erode_px: ErodeSize = Field(10, description="Pixels both sure parts shrink by")
    foreground_estimation: Flag = Field(
        True, description="Take the background's colour out of soft edges"
    )
    region: Shares | None = Field(
        None, description="Where the subject is: left, top, right, bottom as shares 0..1"
    )
    crop: Flag = Field(False, description="Cut away what holds no subject")
    crop_margin: Share = Field(0, description="Margin left around it, as a share of the subject")
    scale: Annotated[Share, Field(gt=0)] | None = Field(
        None, description="Share of the canvas that the subject's longer side fills"
    )
    position: Place | None = Field(
        None, description="Where the subject stands: x, y as shares 0..1"
    )
    background: Color | None = Field(None, description="Colour: #rrggbb, #rrggbbaa or a name")
    background_image: Image | None = Field(
        None, description="An image behind the subject: a file, URL, data URI or base64"
    )
    background_fit: Fit = Field(Fit.COVER, description="How it fills the canvas")
    shadow: Share | None = Field(None, description="Opacity of a contact shadow")
    linear_light: Flag = Field(False, description="Blend in linear light")
    max_pixels: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Shrink the finished images to at most this many pixels"
    )
    color_profile: ColorProfile = Field(
        ColorProfile.SRGB, description="srgb converts, keep keeps the image's own profile"
    )
    frames: Frames = Field(
        Frames.FIRST, description="all keeps an animation one; as webp, png or gif"
    )
    lenient: Flag = Field(False, description="Keep JPEGs and PNGs that end early")
    webhook: Annotated[Url, AfterValidator(called_back)] | None = Field(
        None, description="Called with the job when it has ended"
    )
    keep_for_s: Annotated[int, Field(ge=60, le=30 * 86_400)] | None = Field(
        None, description="How long the images stay; otherwise the server's setting"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.image and not self.file:
            raise ValueError("image: give a file, a URL, a data URI or base64 (or `file`)")
        if self.image and self.file:
            raise ValueError("image: give either image or file, not both")
        if self.background and self.background_image is not None:
            raise ValueError("background: give a colour or an image, not both")
        if isinstance(self.quality, int) and self.image_quality is not None:
            raise ValueError("quality: with image_quality it is fast, balanced or high")
        for name in ("region", "subject_box"):
            box = getattr(self, name)
            if box and (box[0] >= box[2] or box[1] >= box[3]):
                raise ValueError(f"{name}: the right and bottom must be beyond the left and top")
        return self

    @property
    def prompted(self) -> bool:
        """Whether it says where the subject is, which only some models want to hear."""
        return bool(self.subject_at or self.background_at or self.subject_box)

    def to_command(
        self, sources: tuple[Source, ...], backdrop: Source | None, *, accepted: ImageFormat
    ) -> RemoveBackground:
        """The command for this request; `accepted` is the format if the request names none."""
        written, care = self.format or accepted, self.quality
        lossy = care if isinstance(care, int) else self.image_quality or 90
        return RemoveBackground(
            sources=sources,
            model=self.model,
            prompt=self._prompt(),
            quality=Quality.BALANCED if isinstance(care, int) else care,
            mask=self._mask(),
            matting=self._matting(),
            foreground_estimation=self.foreground_estimation,
            region=self._region(),
            crop=self._crop(),
            placement=self._placement(),
            background=self._background(backdrop),
            shadow=None if self.shadow is None else Shadow(opacity=self.shadow),
            linear_light=self.linear_light,
            max_pixels=self.max_pixels,
            color_profile=self.color_profile,
            frames=self.frames,
            lenient=self.lenient,
            outputs=tuple(
                Output(kind=kind, format=written, quality=lossy) for kind in self.outputs
            ),
            callback=self._callback(),
        )

    def _prompt(self) -> Prompt | None:
        named = ((self.subject_at, True), (self.background_at, False))
        points = tuple(
            Point(x=_percent(x), y=_percent(y), subject=subject)
            for places, subject in named
            for x, y in places
        )
        boxes = (_box(self.subject_box),) if self.subject_box else ()
        return Prompt(points=points, boxes=boxes) if points or boxes else None

    def _mask(self) -> MaskEdits:
        return MaskEdits(
            smooth=self.smooth,
            threshold=self.threshold,
            fill_holes=self.fill_holes,
            keep_largest=self.keep_largest,
            min_area_px=self.min_area_px,
            edge_shift_px=self.edge_shift_px,
            feather_px=self.feather_px,
            invert=self.invert,
        )

    def _matting(self) -> Matting | None:
        if self.matting == "none":
            return None
        return Matting(
            foreground_above=self.matting_foreground_above,
            background_below=self.matting_background_below,
            erode_px=self.matting_erode_px,
            mode=MattingMode(self.matting),
        )

    def _region(self) -> Region | None:
        return _box(self.region) if self.region else None

    def _crop(self) -> Crop | None:
        margin = _percent(self.crop_margin)
        return Crop(top=margin, right=margin, bottom=margin, left=margin) if self.crop else None

    def _placement(self) -> Placement | None:
        if self.scale is None and self.position is None:
            return None
        x, y = self.position or (0.5, 0.5)
        return Placement(scale=self.scale, x=x, y=y)

    def _background(self, image: Source | None) -> Background | None:
        if self.background:
            return Background(color=self.background)
        return Background(picture=image, fit=self.background_fit) if image else None

    def _callback(self) -> Callback | None:
        return Callback(url=self.webhook) if self.webhook else None


def _percent(share: float) -> Length:
    return Length(value=share * 100, unit=Unit.PERCENT)


def _box(shares: list[float]) -> Region:
    left, top, right, bottom = map(_percent, shares)
    return Region(left=left, top=top, right=right, bottom=bottom)
