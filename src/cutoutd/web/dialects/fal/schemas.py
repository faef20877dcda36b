"""What each app is asked."""

from dataclasses import replace
from typing import Final, Literal

from pydantic import Field

from cutoutd.command import (
    Callback,
    Crop,
    ImageFormat,
    ImageKind,
    Matting,
    Output,
    Quality,
    RemoveBackground,
    Source,
)
from cutoutd.web.fields import Flag, RequestFields, TextImage

LEAST: Final = "1024x1024"


class AppRequest(RequestFields):
    """What all of them have."""

    image_url: TextImage = Field(description="URL or data URI of the image")
    sync_mode: Flag = Field(False, description="The image in the answer, as a data URI")

    def outputs(self) -> tuple[Output, ...]:
        """The image, and the mask behind it if there is one."""
        return (Output(),)

    def to_command(self, source: Source, webhook: str | None = None) -> RemoveBackground:
        """The command for this request."""
        return RemoveBackground(
            sources=(source,),
            outputs=self.outputs(),
            callback=Callback(url=webhook) if webhook else None,
        )


class BriaRequest(AppRequest):
    """Remove the background."""


class RembgRequest(AppRequest):
    """Remove the background."""

    crop_to_bbox: Flag = Field(False, description="Cut away what holds no subject")

    def to_command(self, source: Source, webhook: str | None = None) -> RemoveBackground:
        """The command for this request."""
        command = super().to_command(source, webhook)
        return replace(command, crop=Crop()) if self.crop_to_bbox else command


class _Birefnet(AppRequest):
    output_format: Literal["png", "webp", "gif"] = Field("png", description="File format")
    output_mask: Flag = Field(False, description="The mask as well, as `mask_image`")
    refine_foreground: Flag = Field(
        True, description="Take the background's colour out of soft edges"
    )

    def outputs(self) -> tuple[Output, ...]:
        """The image, and the mask behind it if it was asked for."""
        image = Output(format=ImageFormat(self.output_format))
        return (image, Output(kind=ImageKind.MASK)) if self.output_mask else (image,)

    def with_care(self, command: RemoveBackground, resolution: str, model: str) -> RemoveBackground:
        """The command, with the care that a larger network is asked for there."""
        careful = resolution != LEAST or "Heavy" in model
        return replace(
            command,
            quality=Quality.HIGH if careful else Quality.BALANCED,
            matting=Matting() if model == "Matting" else None,
            foreground_estimation=self.refine_foreground,
        )


class BirefnetRequest(_Birefnet):
    """Remove the background, with more to choose."""

    model: Literal["General Use (Light)", "General Use (Heavy)", "Portrait"] = Field(
        "General Use (Light)", description="`Heavy` takes more care; the network stays"
    )
    operating_resolution: Literal["1024x1024", "2048x2048"] = Field(
        LEAST, description="More than the first takes more care of the mask"
    )

    def to_command(self, source: Source, webhook: str | None = None) -> RemoveBackground:
        """The command for this request."""
        command = super().to_command(source, webhook)
        return self.with_care(command, self.operating_resolution, self.model)


class BirefnetV2Request(_Birefnet):
    """Remove the background, with still more to choose."""

    model: Literal[
        "General Use (Light)",
        "General Use (Light 2K)",
        "General Use (Heavy)",
        "General Use (Dynamic)",
        "Matting",
        "Portrait",
    ] = Field(
        "General Use (Light)",
        description="`Heavy` takes more care, `Matting` solves for alpha; the network stays",
    )
    operating_resolution: Literal["1024x1024", "2048x2048", "2304x2304"] = Field(
        LEAST, description="More than the first takes more care of the mask"
    )
    mask_only: Flag = Field(False, description="The mask instead of the image")

    def outputs(self) -> tuple[Output, ...]:
        """The image or the mask, and the mask behind it if it was asked for."""
        if self.mask_only:
            return (Output(kind=ImageKind.MASK, format=ImageFormat(self.output_format)),)
        return super().outputs()

    def to_command(self, source: Source, webhook: str | None = None) -> RemoveBackground:
        """The command for this request."""
        command = super().to_command(source, webhook)
        return self.with_care(command, self.operating_resolution, self.model)


APPS: dict[str, type[AppRequest]] = {
    "fal-ai/birefnet": BirefnetRequest,
    "fal-ai/birefnet/v2": BirefnetV2Request,
    "fal-ai/imageutils/rembg": RembgRequest,
    "fal-ai/bria/background/remove": BriaRequest,
    "bria/background/remove": BriaRequest,
}
"""The apps by their ids."""
