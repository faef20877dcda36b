"""All options of one removal, and the command that they stand for."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from cutoutd.command import Callback, ImageFormat, RemoveBackground, Rules, Source
from cutoutd.options.canvas import CanvasOptions
from cutoutd.options.corrections import CorrectionOptions
from cutoutd.options.edges import EdgeOptions
from cutoutd.options.fields import Takes, stripped
from cutoutd.options.files import FileOptions
from cutoutd.options.layers import LayerOptions
from cutoutd.options.presets import PRESETS
from cutoutd.options.refusal import invalid_from
from cutoutd.options.subject import SubjectOptions


def _known(name: str) -> str:
    if name not in PRESETS:
        raise ValueError(f"must be one of {', '.join(PRESETS)}.")
    return name


PresetName = Annotated[
    str,
    BeforeValidator(stripped),
    AfterValidator(_known),
    Field(json_schema_extra={"enum": list(PRESETS)}),
    Takes("Literal[" + ", ".join(f'"{name}"' for name in PRESETS) + "]"),
]


class RemovalOptions(
    FileOptions, LayerOptions, CanvasOptions, CorrectionOptions, EdgeOptions, SubjectOptions
):
    """Every option; a request, a command line and a call of the library are read by it."""

    preset: PresetName | None = Field(
        None, description="A named set of the options below, of which any may be given beside it"
    )

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        """Options by their own names, and below them what their preset says."""
        if not isinstance(given, dict):
            return given
        fields = _by_own_names(cls, given)
        name = stripped(fields.get("preset"))
        preset = PRESETS.get(name) if isinstance(name, str) else None
        if preset is None:
            return fields
        said = {key: value for key, value in fields.items() if not _blank(value)}
        unset = {"background"} if {"background_image", "background_blur"} & set(said) else set()
        return {
            **{key: value for key, value in preset.options.items() if key not in unset},
            **said,
        }

    @model_validator(mode="after")
    def _boxes_are_boxes(self) -> Self:
        for name in ("region", "subject_box"):
            box = getattr(self, name)
            if box and (box[0] >= box[2] or box[1] >= box[3]):
                raise ValueError(f"{name}: the right and bottom must be beyond the left and top")
        return self

    def rules(self) -> Rules | None:
        """What the preset's marketplace asks for."""
        return PRESETS[self.preset].rules if self.preset else None

    def to_command(
        self,
        sources: tuple[Source, ...],
        images: Mapping[str, Source],
        *,
        accepted: ImageFormat,
        callback: Callback | None = None,
    ) -> RemoveBackground:
        """The command for these options.

        images: of the options that hold one, by name. accepted: the format if none is named.
        """
        return RemoveBackground(
            sources=sources,
            model=self.model,
            prompt=self.to_prompt(),
            quality=self.to_quality(),
            corrections=self.to_corrections(images),
            mask=self.to_mask(),
            matting=self.to_matting(),
            foreground_estimation=self.foreground_estimation,
            region=self.to_region(),
            crop=self.to_crop(),
            placement=self.to_placement(),
            canvas=self.to_canvas(),
            rules=self.rules(),
            background=self.to_background(images.get("background_image")),
            outline=self.to_outline(),
            shadow=self.to_shadow(),
            linear_light=self.linear_light,
            max_pixels=self.max_pixels,
            dpi=self.dpi,
            color_profile=self.color_profile,
            frames=self.frames,
            lenient=self.lenient,
            outputs=self.to_outputs(accepted),
            callback=callback,
        )


def read_options(given: Mapping[str, Any]) -> RemovalOptions:
    """Options by name, checked. Raises InvalidRequest with a sentence that names the field."""
    try:
        return RemovalOptions.model_validate(dict(given))
    except ValidationError as error:
        raise invalid_from(error.errors(include_url=False, include_context=False)) from error


def _by_own_names(cls: type[RemovalOptions], given: dict[str, Any]) -> dict[str, Any]:
    """The fields without their other names. Raises ValueError where one is given twice."""
    own = {
        str(other): name
        for name, field in cls.model_fields.items()
        if isinstance(field.validation_alias, AliasChoices)
        for other in field.validation_alias.choices
    }
    fields: dict[str, Any] = {}
    for name, value in given.items():
        known = own.get(name, name)
        if known in fields and not _blank(value) and not _blank(fields[known]):
            other = name if name != known else next(one for one in given if own.get(one) == known)
            raise ValueError(f"{known}: give it once; {other} is another name for it.")
        if known not in fields or not _blank(value):
            fields[known] = value
    return fields


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value)
