"""The kinds of fields that requests have, whatever the vendor calls them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, get_args

from PIL import ImageColor
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from cutoutd.command import Matting
from cutoutd.errors import InvalidRequest
from cutoutd.web.parts import Upload

MAX_ERODE_PX = 255

Color = tuple[int, int, int, int]
"""Straight RGBA, 0..255."""


MOST_TEXT: Final = 16_384
"""Characters of a text that is no picture."""
MOST_ITEMS: Final = 100
"""Of a list, whatever it holds."""


class RequestFields(BaseModel):
    """A request as it arrives; null and the empty string mean the default, unknown is ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True)

    _pictures: ClassVar[Mapping[str, bool]] = {}
    """Every name a field goes by, and whether it is for pictures."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._pictures = {
            name: _mentions(field.annotation, Upload)
            for own_name, field in cls.model_fields.items()
            for name in _names(own_name, field)
        }

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, fields: Any) -> Any:
        """Bounded before anything is made of them, and text where no picture is meant.

        Raises InvalidRequest naming the field.
        """
        if not isinstance(fields, dict):
            return fields
        return {
            name: _in_bounds(name, value, picture=cls._pictures[name])
            for name, value in fields.items()
            if name in cls._pictures and not _blank(value)
        }


def _names(own: str, field: FieldInfo) -> Iterator[str]:
    yield own
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        yield from (choice for choice in alias.choices if isinstance(choice, str))
    elif isinstance(alias, str):
        yield alias


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in get_args(annotation))


def _in_bounds(name: str, value: Any, *, picture: bool) -> Any:
    if isinstance(value, list):
        if len(value) > MOST_ITEMS:
            raise InvalidRequest(f"{name}: at most {MOST_ITEMS} at a time.", field=name)
        return [_in_bounds(name, item, picture=picture) for item in value]
    if isinstance(value, Upload):
        value = _picture_or_text(value) if picture else _text_of(name, value)
    if isinstance(value, str) and not picture and len(value) > MOST_TEXT:
        raise InvalidRequest(f"{name}: at most {MOST_TEXT} characters.", field=name)
    return value


def _picture_or_text(part: Upload) -> str | Upload:
    """A part that is called neither a file nor a picture is what its bytes are."""
    if part.is_file:
        return part
    text = part.text()
    return part if text is None else text


def _text_of(name: str, part: Upload) -> str:
    text = part.text()
    if text is None:
        raise InvalidRequest(f"{name}: must be text, not a file.", field=name)
    return text


def _blank(value: Any) -> bool:
    """A form's file input that nobody chose a file for arrives as an empty, nameless upload."""
    if isinstance(value, Upload):
        return not value.data and not value.name
    return value is None or value == ""


def _picture(value: Any) -> Any:
    if not isinstance(value, str | Upload):
        raise PydanticCustomError("picture", "must be a file, an http(s) URL, a data URI or base64")
    return value


def _file(value: Any) -> Any:
    """Text in the place of a file is read as a file that holds text: base64, it may be."""
    if not isinstance(value, str | Upload):
        raise PydanticCustomError("picture", "must be a file")
    return Upload(data=value.encode(errors="replace")) if isinstance(value, str) else value


def stripped(value: Any) -> Any:
    """Text without the space around it; anything else as it is."""
    return value.strip() if isinstance(value, str) else value


Flag = Annotated[bool, BeforeValidator(stripped)]
Level = Annotated[int, Field(ge=0, le=255), BeforeValidator(stripped)]
ErodeSize = Annotated[int, Field(ge=0, le=MAX_ERODE_PX), BeforeValidator(stripped)]
Text = Annotated[str, Field(max_length=256, coerce_numbers_to_str=True)]
Url = Annotated[str, Field(max_length=8192, json_schema_extra={"format": "uri"})]

_BINARY: Final = WithJsonSchema({"type": "string", "format": "binary"})

Picture = Annotated[str | Upload, PlainValidator(_picture), _BINARY]
"""A file part, a URL, a data URI or base64."""
TextPicture = Annotated[str | Upload, PlainValidator(_picture), WithJsonSchema({"type": "string"})]
"""The same, where the vendor documents text."""
FilePicture = Annotated[Upload, PlainValidator(_file), _BINARY]
"""A file part of a form."""


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
