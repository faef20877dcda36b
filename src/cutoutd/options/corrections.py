"""What a person paints to correct the mask."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from cutoutd.command import Corrections, Source, Stroke, Unit
from cutoutd.options.fields import ImageField, Options, Takes, one_image

MOST_STROKES: Final = 500
MOST_POINTS: Final = 20_000
MOST_RADIUS: Final = 0.5
FORM: Final = '[{"points": [[0.4, 0.5], [0.5, 0.5]], "radius": 0.02}]'


class Painted(NamedTuple):
    """An option that holds strokes instead of an image."""

    strokes: tuple[Stroke, ...]


def strokes_of(value: Any, *, keep: bool | None = None) -> tuple[Stroke, ...]:
    """Strokes from a list or JSON text. keep: what all of them mean; None: each says it.

    Raises PydanticCustomError with a sentence, the field's name left out.
    """
    if (text := _text(value)) is not None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _wrong(f"must be a list of strokes like {FORM}.") from error
    if isinstance(value, Mapping):
        value = value.get("strokes", [value])
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _wrong(f"must be a list of strokes like {FORM}.")
    if len(value) > MOST_STROKES:
        raise _wrong(f"at most {MOST_STROKES} strokes.")
    strokes = tuple(_stroke(one, keep=keep) for one in value)
    if sum(len(one.points) for one in strokes) > MOST_POINTS:
        raise _wrong(f"at most {MOST_POINTS} points in all strokes.")
    return strokes


def _stroke(value: Any, *, keep: bool | None) -> Stroke:
    if isinstance(value, Stroke):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("points"), Sequence):
        raise _wrong(f"must be a list of strokes like {FORM}.")
    unit = Unit.PX if value.get("unit") == "px" else Unit.PERCENT
    if value.get("unit") not in (None, "px", "share"):
        raise _wrong("a stroke's unit must be share or px.")
    meant = value.get("keep", True) if keep is None else keep
    if not isinstance(meant, bool):
        raise _wrong("a stroke's keep must be true or false.")
    points = tuple(_point(one, unit) for one in value["points"])
    if not points:
        raise _wrong("a stroke needs a point.")
    radius = _number(value.get("radius"))
    most = MOST_RADIUS if unit is Unit.PERCENT else 10_000
    if not 0 < radius <= most:
        raise _wrong(f"a stroke's radius must be above 0, at most {most:g}.")
    return Stroke(points=points, radius=radius, keep=meant, unit=unit)


def _point(value: Any, unit: Unit) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise _wrong("a stroke's points must be pairs x, y.")
    x, y = _number(value[0]), _number(value[1])
    if unit is Unit.PERCENT and not (0 <= x <= 1 and 0 <= y <= 1):
        raise _wrong("a stroke lies outside the image.")
    return x, y


def _number(value: Any) -> float:
    """Not text, and neither infinite nor none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise _wrong("a stroke's points and radius must be numbers.")
    return float(value)


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("strokes", "{sentence}", {"sentence": sentence})


def _text(value: Any) -> str | None:
    """What may be JSON: text, or a file that holds it."""
    data = getattr(value, "data", value)
    if isinstance(data, str):
        return data
    return data.decode(errors="replace") if isinstance(data, bytes) else None


def _is_strokes(value: Any) -> bool:
    if isinstance(value, list | tuple | Mapping):
        return True
    data = getattr(value, "data", value)
    start = data[:64] if isinstance(data, str | bytes) else b""
    return start.lstrip()[:1] in ("[", "{", b"[", b"{")


def _painted(*, keep: bool) -> PlainValidator:
    def read(value: Any) -> Any:
        return Painted(strokes_of(value, keep=keep)) if _is_strokes(value) else one_image(value)

    return PlainValidator(read)


_SCHEMA: Final = WithJsonSchema({"type": "string", "format": "binary"})
_TAKES: Final = Takes("ImageLike | Sequence[StrokeLike]")
KeepMask = Annotated[Any, _painted(keep=True), _SCHEMA, ImageField, _TAKES]
RemoveMask = Annotated[Any, _painted(keep=False), _SCHEMA, ImageField, _TAKES]
Strokes = Annotated[
    tuple[Stroke, ...],
    PlainValidator(strokes_of),
    ImageField,
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["points", "radius"],
                "properties": {
                    "points": {
                        "type": "array",
                        "items": {"type": "array", "items": {"type": "number"}},
                    },
                    "radius": {"type": "number"},
                    "keep": {"type": "boolean", "default": True},
                    "unit": {"type": "string", "enum": ["share", "px"], "default": "share"},
                },
            },
        }
    ),
    Takes("str | Sequence[StrokeLike]"),
]


class CorrectionOptions(Options):
    """Correcting the mask."""

    keep_mask: KeepMask | None = Field(
        None,
        description="What is subject: an image of the same size, white where it is (a file, URL, "
        "data URI or base64), or strokes as JSON; both flood to the image's edges",
    )
    remove_mask: RemoveMask | None = Field(
        None, description="What is background, likewise; it wins over keep_mask"
    )
    strokes: Strokes = Field(
        (),
        description="Strokes of a round brush as JSON, the later over the earlier: points as "
        "shares 0..1 (or unit px), radius as a share of the longer side, keep true or false",
    )

    def to_corrections(self, images: Mapping[str, Source]) -> Corrections | None:
        """What was painted; images: the painted images, stored, by name."""
        keep, remove = images.get("keep_mask"), images.get("remove_mask")
        painted = (one for one in (self.keep_mask, self.remove_mask) if isinstance(one, Painted))
        strokes = tuple(stroke for one in painted for stroke in one.strokes) + self.strokes
        if keep is None and remove is None and not strokes:
            return None
        return Corrections(keep=keep, remove=remove, strokes=strokes)
