"""The kinds of fields that requests have, whatever the vendor calls them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, get_args

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from cutoutd.errors import InvalidRequest
from cutoutd.options.fields import (
    Color,
    ErodeSize,
    Flag,
    ImageField,
    Level,
    Spelled,
    Text,
    not_above,
    stripped,
)
from cutoutd.service.names import is_upload_id
from cutoutd.web.parts import Upload
from cutoutd.web.sources import checked_url, split_urls

__all__ = [
    "Color",
    "ErodeSize",
    "FileImage",
    "Flag",
    "Image",
    "Level",
    "RequestFields",
    "Spelled",
    "Text",
    "TextImage",
    "Url",
    "at_most_one",
    "called_back",
    "not_above",
    "only_one",
    "several",
    "stripped",
]

MOST_TEXT: Final = 16_384
"""Characters of a text that is no image."""
MOST_ITEMS: Final = 100
"""Of a list, whatever it holds."""


class RequestFields(BaseModel):
    """A request as it arrives; null and the empty string mean the default, unknown is ignored."""

    # Built with the first request of its kind: all dialects' take a tenth of a server's start.
    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True, defer_build=True)

    _images: ClassVar[Mapping[str, bool]] = {}
    """Every name a field goes by, and whether it is for images."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._images = {
            name: any(
                _mentions(part, kind)
                for part in (field.annotation, *field.metadata)
                for kind in (Upload, ImageField)
            )
            for own_name, field in cls.model_fields.items()
            for name in _names(own_name, field)
        }

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, fields: Any) -> Any:
        """Bounded before anything is made of them, and text where no image is meant.

        Raises InvalidRequest naming the field.
        """
        if not isinstance(fields, dict):
            return fields
        return {
            name: _in_bounds(name, value, image=cls._images[name])
            for name, value in fields.items()
            if name in cls._images and not _blank(value)
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


def _in_bounds(name: str, value: Any, *, image: bool) -> Any:
    if isinstance(value, list):
        if len(value) > MOST_ITEMS and not isinstance(value[0], dict):  # Strokes, counted later.
            raise InvalidRequest(f"{name}: at most {MOST_ITEMS} at a time.", field=name)
        return [_in_bounds(name, item, image=image) for item in value]
    if isinstance(value, Upload):
        value = _image_or_text(value) if image else _text_of(name, value)
    if isinstance(value, str) and not image and len(value) > MOST_TEXT:
        raise InvalidRequest(f"{name}: at most {MOST_TEXT} characters.", field=name)
    return value


def _image_or_text(part: Upload) -> str | Upload:
    """A part that is called neither a file nor an image is what its bytes are."""
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


def _image(value: Any) -> Any:
    if isinstance(value, list):
        raise PydanticCustomError("picture", "must be one image, not several")
    if not isinstance(value, str | Upload):
        raise PydanticCustomError("picture", "must be a file, an http(s) URL, a data URI or base64")
    return value


def _file(value: Any) -> Any:
    """Text in the place of a file is read as a file that holds text: base64, it may be."""
    if isinstance(value, list):
        raise PydanticCustomError("picture", "must be one file, not several")
    if not isinstance(value, str | Upload):
        raise PydanticCustomError("picture", "must be a file")
    return Upload(data=value.encode(errors="replace")) if isinstance(value, str) else value


def _addressed(text: str) -> str:
    """Text in the place of a URL; without a scheme it would be read as base64."""
    if ":" not in text[:32] and not is_upload_id(text.strip()):
        raise PydanticCustomError("url", "must be an http(s) URL")
    return text


Url = Annotated[
    str,
    Field(max_length=8192, json_schema_extra={"format": "uri"}),
    AfterValidator(_addressed),
]
"""A URL, or what stands for an image we have: a data URI, an upload's id."""

_BINARY: Final = WithJsonSchema({"type": "string", "format": "binary"})

Image = Annotated[str | Upload, PlainValidator(_image), _BINARY]
"""A file part, a URL, a data URI or base64."""
TextImage = Annotated[str | Upload, PlainValidator(_image), WithJsonSchema({"type": "string"})]
"""The same, where the vendor documents text."""
FileImage = Annotated[Upload, PlainValidator(_file), _BINARY]
"""A file part of a form."""


def several(value: Any) -> Any:
    """One value or many: a list, or text with commas between URLs."""
    if isinstance(value, str):
        return split_urls(value)
    return list(value) if isinstance(value, list | tuple) else [value]


def called_back(url: str) -> str:
    """A webhook's URL, if we could call it. Raises InvalidRequest."""
    return checked_url(url.strip(), field="webhook")


def only_one(
    *fields: tuple[str, str | Upload | None], missing: str | None = None
) -> tuple[str, str | Upload]:
    """Name and value of the one field that is given, of those that may hold the image.

    missing: the vendor's sentence for none. Raises InvalidRequest for none, and for several.
    """
    given = at_most_one(*fields)
    if given is None:
        names = " or ".join(name for name, _ in fields)
        raise InvalidRequest(missing or f"{names} is required.", field=fields[0][0])
    return given


def at_most_one(*fields: tuple[str, str | Upload | None]) -> tuple[str, str | Upload] | None:
    """Likewise, where none is right, too. Raises InvalidRequest for several."""
    given = [(name, value) for name, value in fields if value is not None]
    if len(given) > 1:
        names = " and ".join(name for name, _ in given)
        raise InvalidRequest(f"Only one of {names} can be used.", field=given[0][0])
    return given[0] if given else None
