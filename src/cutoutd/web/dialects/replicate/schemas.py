"""What is sent: a prediction with its model's inputs, and a file."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cutoutd.command import (
    Background,
    Callback,
    ImageFormat,
    ImageKind,
    MaskEdits,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.color import RGBA, parse_color
from cutoutd.jobs.model import Json
from cutoutd.web.fields import (
    FileImage,
    Flag,
    RequestFields,
    Text,
    TextImage,
    Url,
    called_back,
    stripped,
)
from cutoutd.web.parts import Upload

WHITE: RGBA = (255, 255, 255, 255)
COLORS = {"white": WHITE, "green": (120, 255, 155, 255)}
"""What the named kinds of background are in transparent-background, which that model runs."""

FORMATS = {
    "png": ImageFormat.PNG,
    "jpg": ImageFormat.JPEG,
    "jpeg": ImageFormat.JPEG,
    "webp": ImageFormat.WEBP,
}
_LINK = re.compile(r"https?://|data:", re.IGNORECASE)


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _background(value: str | Upload) -> str | Upload:
    if isinstance(value, Upload) or _LINK.match(value.strip()):
        return value
    name = value.strip().lower()
    if name not in ("rgba", "map", *COLORS):
        _color(name)
    return name


def _color(text: str) -> RGBA:
    try:
        return parse_color(text.strip("[]() "))
    except InvalidRequest as error:
        raise ValueError(
            "must be rgba, map, white, green, a colour like [255, 0, 0] or an image's URL."
        ) from error


class PredictionInput(RequestFields):
    """The inputs of the background-removal models, each under its model's own name."""

    image: TextImage | None = Field(
        None, description="Input image: a URL, a data URI, or the link of an uploaded file"
    )
    image_url: TextImage | None = Field(None, description="The same, where a model calls it so")
    format: Annotated[Literal["png", "jpg", "jpeg", "webp"], BeforeValidator(_lower)] = Field(
        "png", description="Output format"
    )
    reverse: Flag = Field(False, description="Remove the foreground instead")
    threshold: Annotated[float, Field(ge=0, le=1), BeforeValidator(stripped)] = Field(
        0, description="Share above which the mask is subject; 0 keeps soft edges"
    )
    background_type: Annotated[TextImage, AfterValidator(_background)] = Field(
        "rgba", description="rgba, map (the mask), white, green, a colour or an image's URL"
    )
    resolution: Annotated[Text, Field(pattern=r"^\s*\d{1,5}\s*x\s*\d{1,5}\s*$")] | None = Field(
        None, description="Accepted; the network sees the size that it was trained for"
    )
    preserve_partial_alpha: Flag = Field(
        True, description="Accepted; the image's own transparency always stays"
    )
    preserve_alpha: Flag = Field(True, description="The same, as it was called before")
    content_moderation: Flag = Field(False, description="Accepted; nothing is censored here")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, fields: Any) -> Any:
        """Raises InvalidRequest for an input that no background-removal model has."""
        names = fields if isinstance(fields, dict) else ()
        unknown = next((name for name in names if name not in cls.model_fields), None)
        if unknown is not None:
            raise InvalidRequest(
                f"input.{unknown[:100]}: the models here have no such input.",
                field=f"input.{unknown[:100]}",
            )
        return fields

    @model_validator(mode="after")
    def _has_one_image(self) -> Self:
        if self.image is None and self.image_url is None:
            raise InvalidRequest("input.image is required.", field="input.image")
        if self.image is not None and self.image_url is not None:
            raise InvalidRequest("input: either image or image_url.", field="input.image_url")
        return self

    def sent(self) -> tuple[str, str | Upload]:
        """The name and the value of the one input that holds the image."""
        if self.image is not None:
            return "input.image", self.image
        assert self.image_url is not None
        return "input.image_url", self.image_url

    def backdrop(self) -> str | Upload | None:
        """The image that shall be the background."""
        value = self.background_type
        return value if isinstance(value, Upload) or _LINK.match(value.strip()) else None

    def echoed(self) -> dict[str, Json]:
        """The inputs as they came, without the bytes of images."""
        given = self.model_dump(exclude_unset=True)
        return {
            name: value
            for name, value in given.items()
            if not isinstance(value, str) or (len(value) <= 2048 and value[:5].lower() != "data:")
        }

    def to_command(
        self, source: Source, backdrop: Source | None = None, webhook: str | None = None
    ) -> RemoveBackground:
        """The command for these inputs."""
        threshold = min(254, round(self.threshold * 255)) if self.threshold else None
        kind = ImageKind.MASK if self.background_type == "map" else ImageKind.CUTOUT
        return RemoveBackground(
            sources=(source,),
            mask=MaskEdits(threshold=threshold, invert=self.reverse),
            background=self._behind(backdrop),
            outputs=(Output(kind=kind, format=FORMATS[self.format]),),
            callback=Callback(url=webhook) if webhook else None,
        )

    def _behind(self, backdrop: Source | None) -> Background | None:
        if backdrop is not None:
            return Background(picture=backdrop)
        name = self.background_type
        assert isinstance(name, str)
        if name in ("rgba", "map"):
            opaque = FORMATS[self.format] is ImageFormat.JPEG
            return Background(color=WHITE) if opaque and name == "rgba" else None
        return Background(color=COLORS.get(name) or _color(name))


Event = Literal["start", "output", "logs", "completed"]


class PredictionRequest(RequestFields):
    """Run a model."""

    version: Text | None = Field(
        None, description="A version's hash, `owner/name:hash` or `owner/name`; any hash will do"
    )
    input: PredictionInput = Field(description="The model's inputs")
    webhook: Annotated[Url, AfterValidator(called_back)] | None = Field(
        None, description="Called with the prediction when it has ended"
    )
    webhook_completed: Annotated[Url, AfterValidator(called_back)] | None = Field(
        None, description="The same, as it was called before"
    )
    webhook_events_filter: list[Event] = Field(
        [], description="Without `completed` or `output` among them there is no call"
    )
    stream: Flag = Field(False, description="Accepted; these models stream nothing")

    def called_back(self) -> str | None:
        """The webhook that is to be called at the end."""
        events = self.webhook_events_filter or ["completed"]
        wanted = "completed" in events or "output" in events
        return self.webhook_completed or (self.webhook if wanted else None)


class FileRequest(RequestFields):
    """A file to use as an input."""

    content: FileImage = Field(description="The file")
    filename: Text | None = Field(None, description="Its name, instead of the part's own")
    type: Text | None = Field(None, description="Its media type, instead of the part's own")
    metadata: Annotated[str, Field(max_length=16_384)] | None = Field(
        None, description="A JSON object that is given back"
    )
