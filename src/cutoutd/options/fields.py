"""The kinds of values that options have, and how they are written."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cutoutd.command import Length, Sides, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.color import RGBA, parse_color

MAX_ERODE_PX: Final = 255
LONGEST_SIDE_PX: Final = 10_000
"""Of a canvas."""
_LENGTH: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(px|%)?")
_SIZE: Final = re.compile(r"(\d{1,9})?\s*[x*]\s*(\d{1,9})?", re.IGNORECASE)
_RATIO: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*[:/]\s*(\d{1,6}(?:\.\d{1,6})?)")
_PLACES: Final = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


class Options(BaseModel):
    """A group of options."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Takes:
    """In `Annotated`: what a Python program may give, where the type alone does not say it."""

    python: str


def stripped(value: Any) -> Any:
    """Text without the space around it; anything else as it is."""
    return value.strip() if isinstance(value, str) else value


def words(value: Any) -> Any:
    """Text with commas between words: `cutout,mask`."""
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


def groups(value: Any) -> Any:
    """Text with spaces between places: `0.5,0.4 0.6,0.4`."""
    return value.split() if isinstance(value, str) else value


def share(value: Any) -> Any:
    """`85%` as 0.85."""
    if isinstance(value, str) and (text := value.strip()).endswith("%"):
        number = _LENGTH.fullmatch(text)
        return float(number[1]) / 100 if number else value
    return stripped(value)


Flag = Annotated[bool, BeforeValidator(stripped)]
Level = Annotated[int, Field(ge=0, le=255), BeforeValidator(stripped)]
ErodeSize = Annotated[int, Field(ge=0, le=MAX_ERODE_PX), BeforeValidator(stripped)]
Text = Annotated[str, Field(max_length=256, coerce_numbers_to_str=True)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(share), Takes("float | str")]
"""0 to 1, or per cent: `85%`."""
Box = Annotated[
    list[Share],
    BeforeValidator(words),
    Field(min_length=4, max_length=4),
    Takes("str | Sequence[float]"),
]
"""Left, top, right, bottom as shares of the image."""
Place = Annotated[
    list[Share],
    BeforeValidator(words),
    Field(min_length=2, max_length=2),
    Takes("str | Sequence[float]"),
]


@dataclass(frozen=True, slots=True)
class Spelled:
    """Makes a field of text the value that it stands for: `Annotated[Region, Spelled(region_of)]`.

    read: raises ValueError with a sentence about what it should be, the field's name left out.
    """

    read: Callable[[str], Any]

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For pydantic: text first, which is also what OpenAPI says; then its meaning."""
        return core_schema.no_info_after_validator_function(
            self.read, handler.generate_schema(Text)
        )


def color_of(value: str | Sequence[int]) -> RGBA:
    """A colour in any of the spellings that vendors have. Raises ValueError."""
    try:
        return parse_color(value)
    except (InvalidRequest, TypeError) as error:
        raise ValueError("must be a colour like 81d4fa, fff8, white or 1,2,3,128.") from error


def length_of(value: Any) -> Length:
    """`12`, `12px` or `5%`. Raises ValueError."""
    found = _LENGTH.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if found is None:
        raise ValueError("must be a length like 10px or 5%.")
    return Length(value=float(found[1]), unit=Unit.PERCENT if found[2] == "%" else Unit.PX)


def sides_of(value: Any) -> Sides:
    """One length, two (vertical, horizontal) or four (clockwise from the top).

    Raises ValueError.
    """
    parts = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    lengths = [length_of(one) for one in (parts if isinstance(parts, list | tuple) else [parts])]
    if len(lengths) not in (1, 2, 4):
        raise ValueError("must be one, two or four lengths, like 5% or 10px 20px.")
    if any(one.value > (100 if one.unit is Unit.PERCENT else LONGEST_SIDE_PX) for one in lengths):
        raise ValueError(f"at most {LONGEST_SIDE_PX}px or 100%.")
    top, right, bottom, left = lengths * (4 // len(lengths))
    return Sides(top=top, right=right, bottom=bottom, left=left)


def size_of(value: Any) -> tuple[int | None, int | None]:
    """`2000x1500`; `2000x` or `x1500` leave the other side open. Raises ValueError."""
    if isinstance(value, list | tuple) and len(value) == 2:
        value = "x".join("" if one is None else str(one) for one in value)
    found = _SIZE.fullmatch(str(value).strip())
    width, height = (int(one) if one else None for one in found.groups()) if found else (None, None)
    if width is None and height is None:
        raise ValueError("must be WIDTHxHEIGHT in pixels, like 2000x2000, 2000x or x1500.")
    if any(one is not None and not 1 <= one <= LONGEST_SIDE_PX for one in (width, height)):
        raise ValueError(f"each side must be 1 to {LONGEST_SIDE_PX} pixels.")
    return width, height


def ratio_of(value: Any) -> float:
    """Width over height: `4:5`, `4/5` or 0.8. Raises ValueError."""
    text = str(value).strip()
    found = _RATIO.fullmatch(text)
    try:
        ratio = float(found[1]) / float(found[2]) if found else float(text)
    except (ValueError, ZeroDivisionError):
        ratio = math.nan
    if not 0.05 <= ratio <= 20:
        raise ValueError("must be WIDTH:HEIGHT between 1:20 and 20:1, like 1:1 or 4:5.")
    return ratio


def place_of(value: Any) -> Any:
    """`bottom`, `top left`, `center`, or two shares: x and y from the left and top."""
    if not isinstance(value, str):
        return value
    named = re.split(r"[\s,_-]+", value.strip().lower())
    if not set(named) <= set(_PLACES):
        return words(value)
    x = [_PLACES[one] for one in named if one in ("left", "right")]
    y = [_PLACES[one] for one in named if one in ("top", "bottom")]
    if len(named) > 2 or len(x) > 1 or len(y) > 1:
        raise ValueError("must be like bottom, top left, or 0.5,1.")
    return [*(x or [0.5]), *(y or [0.5])]


def one_image(value: Any) -> Any:
    """Anything that may be an image; what kind of thing is for the one who reads it to say."""
    if isinstance(value, list | tuple):
        raise PydanticCustomError("image", "must be one image, not several")
    if isinstance(value, dict | bool | int | float):
        raise PydanticCustomError("image", "must be a file, an http(s) URL, a data URI or base64")
    return value


class ImageField:
    """In `Annotated`: marks a field that holds an image, not text."""


Color = Annotated[RGBA, Spelled(color_of)]
"""Straight, each 0..255; as text."""
AnyColor = Annotated[
    RGBA,
    PlainValidator(color_of),
    WithJsonSchema({"type": "string"}),
    Takes("str | Sequence[int]"),
]
"""The same, or three or four numbers."""
Size = Annotated[
    tuple[int | None, int | None],
    PlainValidator(size_of),
    WithJsonSchema({"type": "string"}),
    Takes("str | tuple[int | None, int | None]"),
]
Ratio = Annotated[
    float, PlainValidator(ratio_of), WithJsonSchema({"type": "string"}), Takes("float | str")
]
Padding = Annotated[
    Sides,
    PlainValidator(sides_of),
    WithJsonSchema({"type": "string"}),
    Takes("str | float | Sequence[str | float]"),
]
Distance = Annotated[
    Length, PlainValidator(length_of), WithJsonSchema({"type": "string"}), Takes("str | float")
]
Position = Annotated[
    list[Share],
    BeforeValidator(place_of),
    Field(min_length=2, max_length=2),
    Takes("str | Sequence[float]"),
]
ImageOption = Annotated[
    Any,
    PlainValidator(one_image),
    WithJsonSchema({"type": "string", "format": "binary"}),
    ImageField,
    Takes("ImageLike"),
]
"""A file part, a URL, a data URI, base64, or whatever the library takes as an image."""


def not_above(name: str) -> AfterValidator:
    """Keeps a level from being above another field's, so that no pixel is surely both.

    The other field stands before this one, and this one has `validate_default`.
    """

    def check(level: int, info: ValidationInfo) -> int:
        if level > info.data.get(name, level):
            raise ValueError(f"must not be above {name}.")
        return level

    return AfterValidator(check)
