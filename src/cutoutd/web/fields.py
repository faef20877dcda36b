"""The kinds of fields that requests have, whatever the vendor calls them."""

from typing import Annotated, Any

from PIL import ImageColor
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    WithJsonSchema,
    model_validator,
)

from cutoutd.command import Matting
from cutoutd.errors import InvalidRequest
from cutoutd.web.bodies import Upload

MAX_ERODE_PX = 255

Color = tuple[int, int, int, int]
"""Straight RGBA, 0..255."""


class RequestFields(BaseModel):
    """A request as it arrives; null and the empty string mean the default, unknown is ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        return {name: value for name, value in fields.items() if not _blank(value)}


def _blank(value: Any) -> bool:
    """A form's file input that nobody chose a file for arrives as an empty, nameless upload."""
    if isinstance(value, Upload):
        return not value.data and not value.name
    return value is None or value == ""


def stripped(value: Any) -> Any:
    """Text without the space around it; anything else as it is."""
    return value.strip() if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(stripped)]
Level = Annotated[int, Field(ge=0, le=255), BeforeValidator(stripped)]
ErodeSize = Annotated[int, Field(ge=0, le=MAX_ERODE_PX), BeforeValidator(stripped)]
Text = Annotated[str, Field(max_length=256, coerce_numbers_to_str=True)]
Url = Annotated[str, Field(max_length=8192, json_schema_extra={"format": "uri"})]

TextPicture = Annotated[str, Field(min_length=1)]
"""A URL, a data URI or base64, in a text field."""
FilePicture = Annotated[InstanceOf[Upload], WithJsonSchema({"type": "string", "format": "binary"})]
"""A file part of a form."""
Picture = Annotated[
    str | InstanceOf[Upload], WithJsonSchema({"type": "string", "format": "binary"})
]
"""A file part, or one of the spellings of `TextPicture`."""


def matting_of(
    *, foreground_above: int, background_below: int, erode_px: int, fields: tuple[str, str]
) -> Matting:
    """The matting of these levels; `fields` are the vendor's names of the two thresholds.

    Raises InvalidRequest if a pixel could be sure of both.
    """
    if background_below > foreground_above:
        raise InvalidRequest(f"{fields[1]} must not be above {fields[0]}.", field=fields[1])
    return Matting(
        foreground_above=foreground_above, background_below=background_below, erode_px=erode_px
    )


def color_of(text: str, *, field: str) -> Color:
    """A colour from `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa` (the # may lack) or a CSS name.

    Raises InvalidRequest naming `field`.
    """
    bare = text.strip().lower()
    is_hex = len(bare) in (3, 4, 6, 8) and all(letter in "0123456789abcdef" for letter in bare)
    try:
        parts = ImageColor.getrgb(f"#{bare}" if is_hex else bare)
    except ValueError as error:
        raise InvalidRequest(
            f"{field}: must be a colour like 81d4fa, fff, 81d4fa77 or white.", field=field
        ) from error
    return (*parts[:3], parts[3] if len(parts) == 4 else 255)
