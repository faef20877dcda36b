"""The vendor's task: its names, defaults and limits."""

from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from pydantic import AfterValidator, AliasGenerator, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from cutoutd.command import (
    Background,
    ImageFormat,
    ImageKind,
    MaskEdits,
    Matting,
    Output,
    RemoveBackground,
    Source,
)
from cutoutd.web.fields import ErodeSize, Flag, Level, RequestFields, Text, TextImage, not_above
from cutoutd.web.synchronous import Made

FORMATS = {"PNG": ImageFormat.PNG, "JPG": ImageFormat.JPEG, "WEBP": ImageFormat.WEBP}
Channel = Annotated[float, Field(ge=0, le=255)]


def refused(_: str) -> None:
    """For fields that send results elsewhere. Raises ValueError."""
    raise ValueError("results are in the answer, nowhere else.")


Elsewhere = Annotated[str, AfterValidator(refused)] | None


class RunwareSettings(RequestFields):
    """The options under `settings`."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=to_camel))

    rgba: Annotated[list[Channel], Field(min_length=3, max_length=4)] | None = Field(
        None, description="Background: red, green, blue 0 to 255, opacity 0 to 1"
    )
    post_process_mask: Flag = Field(False, description="Smooth the mask by morphology")
    return_only_mask: Flag = Field(False, description="The mask instead of the cut-out")
    alpha_matting: Flag = Field(False, description="Solve the edge by alpha matting")
    alpha_matting_foreground_threshold: Level = Field(240, description="Surely subject above")
    alpha_matting_background_threshold: Annotated[
        Level, not_above("alpha_matting_foreground_threshold")
    ] = Field(10, validate_default=True, description="Surely background below")
    alpha_matting_erode_size: ErodeSize = Field(10, description="Pixels both parts shrink by")


class RunwareTask(RequestFields):
    """One task of the list."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=to_camel))

    task_type: Literal["removeBackground"] = Field(description="Nothing else is done here")
    task_uuid: Text = Field(validation_alias="taskUUID", description="Repeated in the answer")
    input_image: TextImage = Field(description="A URL, a data URI or base64")
    output_type: Literal["URL", "base64Data", "dataURI"] = Field("URL", description="How it comes")
    output_format: Annotated[
        Literal["PNG", "JPG", "WEBP"], BeforeValidator(lambda text: str(text).upper())
    ] = Field("PNG", description="File format")
    output_quality: Annotated[int, Field(ge=20, le=99)] = Field(95, description="Of JPG and WEBP")
    model: Text | None = Field(None, description="Accepted; every model is the server's own")
    webhook_url: Elsewhere = Field(None, validation_alias="webhookURL", description="Refused")
    upload_endpoint: Elsewhere = Field(None, description="Refused")
    include_cost: Flag = Field(False, description="Adds `cost`, which is 0")
    settings: RunwareSettings = Field(RunwareSettings(), description="Options")

    def to_command(self, source: Source) -> RemoveBackground:
        """The command for this task."""
        said, kind = self.settings, ImageKind.CUTOUT
        matting = Matting(
            foreground_above=said.alpha_matting_foreground_threshold,
            background_below=said.alpha_matting_background_threshold,
            erode_px=said.alpha_matting_erode_size,
        )
        if said.return_only_mask:
            kind = ImageKind.MASK
        output = Output(kind=kind, format=FORMATS[self.output_format], quality=self.output_quality)
        return RemoveBackground(
            sources=(source,),
            mask=MaskEdits(smooth=said.post_process_mask),
            matting=matting if said.alpha_matting else None,
            background=_background(said.rgba) if said.rgba else None,
            outputs=(output,),
        )

    def to_result(self, made: Made, url: str) -> dict[str, Any]:
        """What the vendor answers for this task."""
        image: dict[str, Any] = {"imageURL": url}
        if self.output_type == "base64Data":
            image = {"imageBase64Data": made.base64}
        elif self.output_type == "dataURI":
            image = {"imageDataURI": f"data:{made.artifact.media_type};base64,{made.base64}"}
        known = {"taskType": self.task_type, "taskUUID": self.task_uuid, "status": "success"}
        known |= {"imageUUID": str(uuid5(NAMESPACE_URL, url))}
        return {**known, **image, **({"cost": 0} if self.include_cost else {})}


def _background(rgba: list[float]) -> Background:
    red, green, blue = (round(level) for level in rgba[:3])
    opacity = rgba[3] if len(rgba) == 4 else 1.0  # A share, or a level as the others.
    return Background(color=(red, green, blue, round(opacity * 255 if opacity <= 1 else opacity)))
